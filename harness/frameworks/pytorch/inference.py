"""One forward pass on a batch that stays on the device."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import torch

from harness.frameworks.contract import Inference, NativeBatch, Outputs, Setup
from harness.frameworks.pytorch import batches, compiler, device, network
from harness.frameworks.pytorch.training import free
from harness.record.case import Execution, Style


def inference(setup: Setup) -> Inference:
    work = StockInference(setup) if setup.case.style is Style.STOCK else MatchedInference(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class MatchedInference:
    """Outputs in float32, left on the device."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._network = network.build(setup)
        network.expect_norm_to_fuse(setup, self._network)
        self._cache = contextlib.ExitStack()
        self._forward = self._outputs_of
        if setup.case.execution is Execution.COMPILED:
            self._cache.enter_context(device.cold_compiler())
            self._forward = compiler.compiled(self._outputs_of, functools.partial(setattr, self, "_forward"))

    def load(self, batch: NativeBatch) -> None:
        self._inputs, _ = batches.on_device(batch, self._setup)

    def step(self) -> None:
        with torch.inference_mode():
            self._outputs = self._forward(self._inputs)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return first_number(self._outputs)

    def outputs(self, items: int | None = None) -> Outputs:
        self.step()
        return network.outputs_to_numpy(self._setup, self._outputs, items)

    def close(self) -> None:
        self._cache.close()
        vars(self).clear()
        free()

    def _outputs_of(self, inputs: Any) -> Any:
        with device.arithmetic(self._setup):
            return network.wide(network.call(self._network, inputs))


class StockInference:
    """`eval()` and `no_grad()`, the result on the host."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._network = network.build(setup)

    def load(self, batch: NativeBatch) -> None:
        self._inputs, _ = batches.on_device(batch, self._setup)

    def step(self) -> None:
        with torch.no_grad():
            outputs = network.named(network.call(self._network, self._inputs))
            self._outputs = {name: each.cpu() for name, each in outputs.items()}

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return first_number(self._outputs)

    def outputs(self, items: int | None = None) -> Outputs:
        self.step()
        return network.outputs_to_numpy(self._setup, self._outputs, items)

    def close(self) -> None:
        vars(self).clear()
        free()


def first_number(outputs: Any) -> float:
    """Of the first output."""
    first = next(iter(network.named(outputs).values()))
    return float(first[(0,) * first.ndim])
