"""Layers that fit but for a bias, a scale or a shape: paired where somebody asks why two networks part, never where they are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from fixtures.models.layers import Kind, Layer
from fixtures.models.weights import Weights
from harness.frameworks.tensorflow.port import pairing
from harness.frameworks.tensorflow.port.naming import Pairs
from harness.frameworks.tensorflow.port.unit import Unit

WEIGHT = "weight"
SUMMED = {Kind.DENSE, Kind.CONVOLUTION}
ONES = {WEIGHT, "running_var"}  # what makes a norm's tensor do nothing; of all others zeros do


class Loosely:
    """As `Ported`, of those that are paired."""

    def __init__(self, own: Sequence[Unit], pairs: Pairs, layers: Sequence[Layer]) -> None:
        self.pairs = [(own[place], layer) for place, layer in sorted(pairs.items())]
        taken = {layer.name for layer in pairs.values()}
        self.unpaired = tuple(unit.path for place, unit in enumerate(own) if place not in pairs)
        self.spared = tuple(
            tensor.name
            for unit, layer in self.pairs
            for role, tensor in layer.tensors.items()
            if role not in unit.tensors and not (role == "bias_hh" and "bias_ih" in unit.tensors)
        ) + tuple(tensor.name for layer in layers if layer.name not in taken for tensor in layer.tensors.values())
        self.added = tuple(f"{layer.name}.{role}" for unit, layer in self.pairs for role in unit.tensors if role not in layer.tensors)

    def write(self, weights: Weights) -> None:
        for unit, layer in self.pairs:
            put_in(unit, layer, weights)


def candidates(unit: Unit, layers: Sequence[Layer], pairs: Pairs) -> list[Layer]:
    """Those that fit exactly, or else those that nearly do."""
    taken = {layer.name for layer in pairs.values()}
    return pairing.candidates(unit, layers, pairs) or [
        _called_alike(unit, layer) for layer in layers if layer.name not in taken and _nearly(unit, layer)
    ]


def put_in(unit: Unit, layer: Layer, weights: Weights) -> None:
    """What the canonical layer does not have does nothing."""
    roles = {*unit.tensors, *layer.tensors}
    values = {role: weights[layer.tensors[role].name] for role in roles if role in layer.tensors}
    for role, tensor in unit.tensors.items():
        held = values.get(role)
        shape = tensor.shape
        values[role] = np.full(shape, float(role in ONES), np.float32) if held is None else held.reshape(shape)
    if "bias_hh" not in values and "bias_ih" in values:
        values["bias_hh"] = np.zeros_like(values["bias_ih"])
    unit.write(values)


FITTING = pairing.Fitting(candidates, put_in)


def _nearly(unit: Unit, layer: Layer) -> bool:
    if unit.kind is not layer.kind and not (unit.kind in SUMMED and layer.kind in SUMMED):
        return False
    ours = {role: tensor.shape for role, tensor in unit.tensors.items()}
    theirs = {role: tensor.shape for role, tensor in layer.tensors.items()}
    if layer.kind is Kind.PARAMETER:
        return len(ours) == len(theirs) == 1 and _sizes(*ours.values()) == _sizes(*theirs.values())
    both = ours.keys() & theirs.keys()
    needs = {WEIGHT} if layer.kind in SUMMED else set()
    return bool(both) and needs <= both and all(_sizes(ours[role]) == _sizes(theirs[role]) for role in both)


def _called_alike(unit: Unit, layer: Layer) -> Layer:
    """A parameter may have another name in each."""
    if layer.kind is not Kind.PARAMETER:
        return layer
    (role,), (tensor,) = unit.tensors, layer.tensors.values()
    return msgspec.structs.replace(layer, tensors={role: tensor})


def _sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without axes of one, which only say where the others stand."""
    return tuple(size for size in shape if size > 1) or (math.prod(shape),)
