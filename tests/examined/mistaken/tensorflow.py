"""In Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, layers, ops


@keras.saving.register_keras_serializable("mistaken")
class Transposed(layers.Dense):  # type: ignore[misc]
    def call(self, values: KerasTensor) -> KerasTensor:
        return self.activation(ops.matmul(values, ops.transpose(self.kernel)) + self.bias)


@keras.saving.register_keras_serializable("mistaken")
class Twice(layers.Dense):  # type: ignore[misc]
    """The bias added twice."""

    def call(self, values: KerasTensor) -> KerasTensor:
        return ops.matmul(values, self.kernel) + 2 * self.bias


@keras.saving.register_keras_serializable("mistaken")
class InTurn(layers.DepthwiseConv2D):  # type: ignore[misc]
    """The kernel as if the first outputs of all channels came first, then the second ones."""

    def call(self, values: KerasTensor) -> KerasTensor:
        height, width, channels, each = self.kernel.shape
        turned = ops.reshape(ops.transpose(self.kernel, (0, 1, 3, 2)), (height, width, channels, each))
        return ops.depthwise_conv(values, turned, self.strides, self.padding) + self.bias


@keras.saving.register_keras_serializable("mistaken")
class Deviation(layers.LayerNormalization):  # type: ignore[misc]
    """Over n - 1, epsilon added to it, as in The Annotated Transformer."""

    def call(self, values: KerasTensor) -> KerasTensor:
        count = values.shape[-1]
        spread = ops.std(values, -1, keepdims=True) * (count / (count - 1)) ** 0.5 + self.epsilon
        return self.gamma * (values - ops.mean(values, -1, keepdims=True)) / spread + self.beta


@keras.saving.register_keras_serializable("mistaken")
class OneMore(layers.LayerNormalization):  # type: ignore[misc]
    """1 added to the scale, as in Gemma."""

    def call(self, values: KerasTensor) -> KerasTensor:
        deviation = ops.sqrt(ops.var(values, -1, keepdims=True) + self.epsilon)
        return (self.gamma + 1) * (values - ops.mean(values, -1, keepdims=True)) / deviation + self.beta


def hard_swish(values: KerasTensor) -> KerasTensor:
    """By Keras' hard sigmoid of before its version 3."""
    return values * ops.clip(0.2 * values + 0.5, 0, 1)


def quick_gelu(values: KerasTensor) -> KerasTensor:
    return values * ops.sigmoid(1.702 * values)


def odd(values: KerasTensor) -> KerasTensor:
    """An activation that nobody knows."""
    return values * ops.cos(values)


@keras.saving.register_keras_serializable("mistaken")
class GatesExchanged(layers.LSTMCell):  # type: ignore[misc]
    """The gates as input, cell, forget, output: TensorFlow 1's order."""

    def call(self, values: KerasTensor, states: Sequence[KerasTensor], training: bool = False) -> Any:
        hidden, cell = states
        entered, new, kept, left = ops.split(ops.matmul(values, self.kernel) + ops.matmul(hidden, self.recurrent_kernel) + self.bias, 4, 1)
        cell = ops.sigmoid(kept) * cell + ops.sigmoid(entered) * ops.tanh(new)
        hidden = ops.sigmoid(left) * ops.tanh(cell)
        return hidden, [hidden, cell]


@keras.saving.register_keras_serializable("mistaken")
class Forgetting(layers.LSTMCell):  # type: ignore[misc]
    """1 added to the forget gate in each step, as TensorFlow 1 did."""

    def call(self, values: KerasTensor, states: Sequence[KerasTensor], training: bool = False) -> Any:
        hidden, cell = states
        entered, kept, new, left = ops.split(ops.matmul(values, self.kernel) + ops.matmul(hidden, self.recurrent_kernel) + self.bias, 4, 1)
        cell = ops.sigmoid(kept + 1) * cell + ops.sigmoid(entered) * ops.tanh(new)
        hidden = ops.sigmoid(left) * ops.tanh(cell)
        return hidden, [hidden, cell]


@keras.saving.register_keras_serializable("mistaken")
class Dropping(layers.Layer):  # type: ignore[misc]
    """Drops out in inference, too."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, values: KerasTensor) -> KerasTensor:
        return keras.random.dropout(values, 0.5, seed=self.seeds)


def heads_last(values: KerasTensor, heads: int) -> KerasTensor:
    """Features split as size × heads."""
    *_, places, features = values.shape
    return ops.transpose(ops.reshape(values, (-1, places, features // heads, heads)), (0, 3, 1, 2))


def blocks_first(values: KerasTensor) -> KerasTensor:
    """A pixel shuffle by two, as TensorFlow's depth_to_space does it."""
    _, height, width, channels = values.shape
    parts = ops.reshape(values, (-1, height, width, 2, 2, channels // 4))
    return ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels // 4))
