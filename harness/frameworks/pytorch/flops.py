"""Floating-point operations of a step, an item, by torch's own counter: one count for all frameworks.

Matrix products and convolutions alone count, as `torch.utils.flop_counter` has it, a multiplication and an addition being two. But for the
gradient of a grouped convolution's weight: torch counts it as if there were one group, which would make
a step of depthwise convolutions 20 forward passes.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from msgspec.structs import replace
from torch.utils.flop_counter import FlopCounterMode

from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, network
from harness.frameworks.pytorch.calibration import counted
from harness.frameworks.pytorch.loss import loss_of
from harness.record.case import Workload

ITEMS = 2  # a batch norm cannot train with one


def per_item(setup: Setup, weights: Weights) -> dict[str, int]:
    """By workload, those that the model has. setup: as `original.plain` makes it."""
    found = {Workload.LOADING: 0, Workload.INFERENCE: _inference(setup, weights)}
    if setup.model.description.trained:
        found[Workload.FROZEN] = _training(setup, Workload.FROZEN, weights)
    return {str(workload): count for workload, count in (found | {Workload.FULL: _training(setup, Workload.FULL, weights)}).items()}


def _inference(setup: Setup, weights: Weights) -> int:
    built = _built(setup, weights)
    inputs, _ = batches.native(setup.probe(ITEMS), setup)
    with torch.no_grad(), counting() as counter:
        network.call(built, inputs)
    return int(counter.get_total_flops()) // ITEMS


def _training(setup: Setup, workload: Workload, weights: Weights) -> int:
    """Forward and backward; the optimiser has no products."""
    setup = replace(setup, case=replace(setup.case, workload=workload))
    built = _built(setup, weights)
    inputs, targets = batches.native(setup.probe(ITEMS), setup)
    with counting() as counter:
        loss_of(setup).mean(network.call(built, inputs), targets).backward()
    return int(counter.get_total_flops()) // ITEMS


@contextlib.contextmanager
def counting() -> Iterator[FlopCounterMode]:
    with counted(), FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter:
        yield counter


def _convolution_backward(  # called with what the operator is called with, shapes for tensors
    grad_shape: Sequence[int],
    inputs_shape: Sequence[int],
    weight_shape: Sequence[int],
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: bool,
    _output_padding: Any,
    _groups: int,
    wanted: Sequence[bool],
    **_: Any,
) -> int:
    """Each gradient has the products of the forward pass: those of every place of the output, or where transposed of the input."""
    places = inputs_shape if transposed else grad_shape
    forward = 2 * math.prod(places) * math.prod(weight_shape[1:])
    return forward * sum(wanted[:2])  # of the inputs, of the weight


FORMULAS = {torch.ops.aten.convolution_backward: _convolution_backward}


def _built(setup: Setup, weights: Weights) -> torch.nn.Module:
    built: torch.nn.Module = network.arranged(setup, network.canonical_network(setup))
    network.load(built, weights)
    return built
