"""Batch norms on TensorFlow's fused kernel, which Keras 3 never uses. PyTorch's are one kernel by themselves: this file has no twin."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def fused(network: Any) -> Any:
    """The network with such batch norms in the place of Keras' own, their weights made anew; its other layers are the same ones."""
    return keras.models.clone_model(network, clone_function=_replaced, recursive=True)


def _replaced(layer: Any) -> Any:
    is_norm = isinstance(layer, keras.layers.BatchNormalization)
    return FusedBatchNormalization.from_config(layer.get_config()) if is_norm else layer


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras' layer on the fused kernel. Takes NHWC images, statistics in float32.

    The kernel's running variance is unbiased (`tf.raw_ops.FusedBatchNormV3`), as torch's is; Keras' own is not.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None:
            raise ValueError(f"{self.name}: the fused kernel takes no mask")
        gamma, beta, mean, variance = (
            tf.convert_to_tensor(each) for each in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        trains = bool(training) and self.trainable
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=tf.cast(inputs, self.compute_dtype),
            scale=tf.cast(gamma, tf.float32),
            offset=tf.cast(beta, tf.float32),
            mean=tf.constant([], tf.float32) if trains else tf.cast(mean, tf.float32),
            variance=tf.constant([], tf.float32) if trains else tf.cast(variance, tf.float32),
            epsilon=self.epsilon,
            is_training=trains,
        )
        if trains:
            for running, batch in ((self.moving_mean, outputs.batch_mean), (self.moving_variance, outputs.batch_variance)):
                running.assign(running * self.momentum + batch * (1.0 - self.momentum))
        return outputs.y
