"""A layer of a Keras model that holds weights: Keras' counterpart of a `fixtures.models.layers.Layer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fixtures.models.layers import Kind
from fixtures.models.weights import Weights
from harness.frameworks.tensorflow.port.tensors import Turned


class Unit:
    def __init__(self, path: str, layer: Any, kind: Kind, tensors: Mapping[str, Turned], hint: str = "") -> None:
        self.path = path
        self.layer = layer  # what is called
        self.kind = kind
        self.tensors = dict(tensors)
        self.hint = hint  # what to change, where no layer of the other framework can be the same

    @property
    def signature(self) -> tuple[str, ...]:
        """As `Layer.signature`."""
        return (self.kind, *(f"{role}{list(tensor.shape)}" for role, tensor in sorted(self.tensors.items())))

    def write(self, values: Weights) -> None:
        """values: by role."""
        for role, tensor in self.tensors.items():
            tensor.write(values[role])

    def read(self) -> Weights:
        """By role."""
        return {role: tensor.read() for role, tensor in self.tensors.items()}


class OfOneBias(Unit):
    """A recurrent layer of Keras' has one bias where torch's has two, whose sum it is: the second one stays as it was put in."""

    _second: Any = None

    @property
    def signature(self) -> tuple[str, ...]:
        both = {**self.tensors, "bias_hh": self.tensors["bias_ih"]}
        return (self.kind, *(f"{role}{list(tensor.shape)}" for role, tensor in sorted(both.items())))

    def write(self, values: Weights) -> None:
        self._second = values["bias_hh"]
        # Not rounded to the weights' own digits: a network in float64 adds the two in float64.
        super().write({**values, "bias_ih": np.add(values["bias_ih"], values["bias_hh"], dtype=np.float64)})

    def read(self) -> Weights:
        found = super().read()
        if self._second is None:  # nothing was put in
            return found
        return found | {"bias_ih": found["bias_ih"] - self._second, "bias_hh": self._second}
