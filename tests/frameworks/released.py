"""Networks whose values are counted while they live. Runs in TensorFlow's interpreter."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

import keras
import numpy as np

from harness.frameworks.tensorflow.releasing import releasing

DATA = np.arange(8.0, dtype=np.float32).reshape(2, 4)


class Counted(keras.layers.Layer):  # type: ignore[misc]
    made: ClassVar[list[weakref.ref[Any]]] = []
    most = 0

    def call(self, values: Any) -> Any:
        given = values + 1.0
        Counted.made.append(weakref.ref(given))
        Counted.most = max(Counted.most, sum(each() is not None for each in Counted.made))
        return given


def held() -> dict[str, tuple[bool, int, int]]:
    """By network: whether it computes the same, and how many values live at once, by Keras alone and while they are let go of."""
    return {name: (*_compared(network),) for name, network in _networks().items()}


def _compared(network: keras.Model) -> tuple[bool, int, int]:
    expected, kept = _passed(network)
    with releasing(network):
        found, let_go = _passed(network)
    return all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True)), kept, let_go


def _passed(network: keras.Model) -> tuple[list[Any], int]:
    Counted.made, Counted.most = [], 0
    outputs = [each.numpy() for each in keras.tree.flatten(network(DATA))]
    return outputs, Counted.most


def _networks() -> dict[str, keras.Model]:
    inputs = keras.Input((4,))
    around = _chain(inputs, 3)
    inside = keras.Model(inputs, [_chain(inputs, 6), around])
    return {
        "plain": keras.Model(inputs, _chain(inputs, 30)),
        "sequential": keras.Sequential([inputs, *(Counted() for _ in range(30))]),
        "residual": keras.Model(inputs, keras.layers.Add()([_chain(around, 20), around])),
        "nested": keras.Model(inputs, inside(inside(_chain(inputs, 9))[0])),
        "output in the middle": keras.Model(inputs, [around, _chain(around, 20)]),
        "sharing its graph": keras.Model(inputs, keras.Model(inputs, around)(_chain(inputs, 9))),
    }


def _chain(values: Any, layers: int) -> Any:
    for _ in range(layers):
        values = Counted()(values)
    return values
