"""In Keras."""

from __future__ import annotations

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
        return super().call(values) + self.bias


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
        return super().call(values) + (super().call(values) - self.beta) / self.gamma


def hard_swish(values: KerasTensor) -> KerasTensor:
    """By Keras' hard sigmoid of before its version 3."""
    return values * ops.clip(0.2 * values + 0.5, 0, 1)


def counted(values: KerasTensor) -> KerasTensor:
    """Which part of each window of 3 × 3 at stride 2 is no padding."""
    return layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(ops.ones_like(values)))


def quick_gelu(values: KerasTensor) -> KerasTensor:
    return values * ops.sigmoid(1.702 * values)


def odd(values: KerasTensor) -> KerasTensor:
    """An activation that nobody knows."""
    return values * ops.cos(values)
