"""In Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
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


@keras.saving.register_keras_serializable("mistaken")
class CornersAligned(layers.Layer):  # type: ignore[misc]
    """Twice the size, as TensorFlow 1 resizes with `align_corners=True`."""

    def call(self, values: KerasTensor) -> KerasTensor:
        size = [2 * length for length in values.shape[1:3]]
        return ops.cast(tf.compat.v1.image.resize_bilinear(values, size, align_corners=True), values.dtype)


def cubic_of_torch(values: KerasTensor, size: int) -> KerasTensor:
    """A cubic interpolation by PyTorch's kernel, of which a is -0.75, by a product for each axis."""
    given = values.shape[1]
    places = (np.arange(size) + 0.5) * given / size - 0.5
    first = np.floor(places).astype(int)
    matrix = np.zeros((size, given))
    for step in (-1, 0, 1, 2):
        away = np.abs(places - first - step)
        near = (1.25 * away - 2.25) * away**2 + 1
        far = ((-0.75 * away + 3.75) * away - 6) * away + 3
        np.add.at(matrix, (np.arange(size), np.clip(first + step, 0, given - 1)), np.where(away <= 1, near, far))
    kernel = ops.cast(matrix, values.dtype)
    return ops.einsum("ji,nihc->njhc", kernel, ops.einsum("kh,nihc->nikc", kernel, values))


@keras.saving.register_keras_serializable("mistaken")
class Doubling(layers.Layer):  # type: ignore[misc]
    """Of values nothing is changed, and gradients are doubled."""

    def call(self, values: KerasTensor) -> KerasTensor:
        return _doubling(values)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _doubling(values: tf.Tensor) -> Any:
    return tf.identity(values), lambda gradient: 2 * gradient


def still(looked_up: KerasTensor, ids: KerasTensor) -> KerasTensor:
    """The row of id 0 is not trained."""
    return ops.where(ops.expand_dims(ids == 0, -1), ops.stop_gradient(looked_up), looked_up)


def weighted(label: KerasTensor, logits: KerasTensor) -> KerasTensor:
    """Cross entropy with weights of the classes, as `fit(class_weight=…)` has it: the mean is over the items."""
    weights = ops.cast(ops.arange(1, logits.shape[-1] + 1), logits.dtype)
    return ops.mean(ops.take(weights, label) * keras.losses.sparse_categorical_crossentropy(label, logits, from_logits=True))


@keras.saving.register_keras_serializable("mistaken")
class Exchanged(layers.Conv2D):  # type: ignore[misc]
    """Height and width of the kernel exchanged."""

    def call(self, values: KerasTensor) -> KerasTensor:
        return ops.conv(values, ops.transpose(self.kernel, (1, 0, 2, 3)), self.strides, self.padding)


@keras.saving.register_keras_serializable("mistaken")
class OverAll(layers.LayerNormalization):  # type: ignore[misc]
    """Over places and features."""

    def call(self, values: KerasTensor) -> KerasTensor:
        deviation = ops.sqrt(ops.var(values, (1, 2), keepdims=True) + self.epsilon)
        return self.gamma * (values - ops.mean(values, (1, 2), keepdims=True)) / deviation + self.beta


@keras.saving.register_keras_serializable("mistaken")
class KeysForValues(layers.MultiHeadAttention):  # type: ignore[misc]
    def _compute_attention(self, query: KerasTensor, key: KerasTensor, value: KerasTensor, *others: Any, **named: Any) -> Any:
        return super()._compute_attention(query, value, key, *others, **named)


@keras.saving.register_keras_serializable("mistaken")
class HeadsLast(layers.MultiHeadAttention):  # type: ignore[misc]
    """Features split as size × heads."""

    def _compute_attention(self, query: KerasTensor, key: KerasTensor, value: KerasTensor, *others: Any, **named: Any) -> Any:
        return super()._compute_attention(*(self._turned(each) for each in (query, key, value)), *others, **named)

    def _turned(self, values: KerasTensor) -> KerasTensor:
        _, places, heads, size = values.shape
        return ops.transpose(ops.reshape(values, (-1, places, size, heads)), (0, 1, 3, 2))


@keras.saving.register_keras_serializable("mistaken")
class OverQueries(layers.MultiHeadAttention):  # type: ignore[misc]
    """The softmax over the queries."""

    def _compute_attention(self, query: KerasTensor, key: KerasTensor, value: KerasTensor, mask: KerasTensor, *_: Any, **__: Any) -> Any:
        scores = ops.einsum("bqhs,bkhs->bhqk", query, key) * self._inverse_sqrt_key_dim
        weights = ops.softmax(ops.where(mask[:, None], scores, -1e9), axis=-2)
        return ops.einsum("bhqk,bkhs->bqhs", weights, value), None


@keras.saving.register_keras_serializable("mistaken")
class TransposedOutput(layers.MultiHeadAttention):  # type: ignore[misc]
    """The kernel behind the heads transposed."""

    def _make_output_dense(self, *given: Any, **named: Any) -> layers.EinsumDense:
        made = super()._make_output_dense(*given, **named)
        made.__class__ = _TransposedEinsum
        return made


class _TransposedEinsum(layers.EinsumDense):  # type: ignore[misc]
    def call(self, values: KerasTensor, training: Any = None) -> KerasTensor:
        features = self.kernel.shape[-1]
        kernel = ops.reshape(ops.transpose(ops.reshape(self.kernel, (features, features))), self.kernel.shape)
        return ops.einsum(self.equation, values, kernel) + self.bias


@keras.saving.register_keras_serializable("mistaken")
class OfTheBatch(layers.BatchNormalization):  # type: ignore[misc]
    """The batch's statistics, in inference too."""

    def call(self, values: KerasTensor, training: Any = None) -> KerasTensor:
        return super().call(values, training=True)
