"""All layers of a Keras model that hold its weights, wherever they are: nested, shared, subclassed, wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import layers

from fixtures.models.layers import Kind, Layer
from harness.frameworks.tensorflow.port import attention, feedforward, recurrent
from harness.frameworks.tensorflow.port.tensors import same
from harness.frameworks.tensorflow.port.unit import Unit

UNNAMED = "variable"  # what Keras calls one that its code gives no name, and numbers, beginning anew in each session


def units(model: Any, canonical: Sequence[Layer]) -> list[Unit]:
    """In the order of the model's own list of layers. canonical: what they are to be paired with; attention is divided as it is there."""
    return list(_Walk(canonical).of(model, ""))


class _Walk:
    def __init__(self, canonical: Sequence[Layer]) -> None:
        self._signatures = {layer.signature for layer in canonical}
        self._seen: set[int] = set()  # layers and variables that are shared

    def of(self, layer: Any, path: str) -> Iterator[Unit]:
        if id(layer) in self._seen:
            return
        self._seen.add(id(layer))
        known = list(self._known(layer, path)) if layer.weights else []  # one that is not used is not built
        if known:
            yield from known
            held = {id(variable) for unit in known for tensor in unit.tensors.values() for variable in tensor.variables}
            self._seen |= held
            yield from self._own(layer, path)
            inner: list[Any] = [] if all(id(each) in held for each in layer.weights) else layer._layers
        else:
            yield from self._own(layer, path)
            inner = layer._layers
        for each in inner:
            yield from self.of(each, f"{path}/{each.name}" if path else each.name)

    def _known(self, layer: Any, path: str) -> Iterator[Unit]:
        if isinstance(layer, layers.MultiHeadAttention):
            yield from attention.units(layer, path, self._signatures)
        elif recurrent.is_recurrent(layer):
            yield from recurrent.units(layer, path)
        else:
            yield from feedforward.units(layer, path)

    def _own(self, layer: Any, path: str) -> Iterator[Unit]:
        """What else a layer holds beside its inner layers, each variable by itself: the two frameworks may have them in other layers."""
        for each in (*layer._trainable_variables, *layer._non_trainable_variables):
            if id(each) not in self._seen and keras.backend.is_float_dtype(each.dtype):  # counters and seeds are no weights
                self._seen.add(id(each))
                name = UNNAMED if re.fullmatch(rf"{UNNAMED}(_\d+)?", each.name) else each.name
                yield Unit(f"{path}/{name}" if path else name, layer, Kind.PARAMETER, {name: same(each)})
