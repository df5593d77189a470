"""Batch norms on TensorFlow's fused kernel, which Keras 3 never uses. PyTorch's are one kernel by themselves: this file has no twin."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from harness.record.outcome import Unsupported


def fused(network: Any) -> Any:
    """The network with such batch norms in the place of Keras' own, their weights made anew; its other layers are the same ones.

    Raises Unsupported for a network without any, and for one whose layers cannot be exchanged.
    """
    if not _norms(network):
        raise Unsupported("the network has no batch norm that could be fused")
    if isinstance(network, keras.Sequential) or hasattr(network, "_inputs_struct"):  # a functional one
        found = keras.models.clone_model(network, clone_function=_replaced, recursive=True)
        if all(isinstance(layer, FusedBatchNormalization) for layer in _norms(found)):
            return found
    raise Unsupported("the network has batch norms in classes of its own: they can be fused in functional and sequential networks alone")


def _norms(network: Any) -> list[Any]:
    return [layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]


def _replaced(layer: Any) -> Any:
    is_norm = isinstance(layer, keras.layers.BatchNormalization)
    return FusedBatchNormalization.from_config(layer.get_config()) if is_norm else layer


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras' layer on the fused kernel. Channels are the last axis, statistics in float32.

    The kernel's running variance is unbiased (`tf.raw_ops.FusedBatchNormV3`), as torch's is; Keras' own is not.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None:
            raise ValueError(f"{self.name}: the fused kernel takes no mask")
        mean, variance = tf.convert_to_tensor(self.moving_mean), tf.convert_to_tensor(self.moving_variance)
        gamma = tf.ones_like(mean) if self.gamma is None else tf.convert_to_tensor(self.gamma)
        beta = tf.zeros_like(mean) if self.beta is None else tf.convert_to_tensor(self.beta)
        if self.axis not in (-1, len(inputs.shape) - 1):
            raise ValueError(f"{self.name}: the fused kernel takes channels on the last axis, not on axis {self.axis}")
        trains = bool(training) and self.trainable
        channels, given = inputs.shape[-1], tf.cast(inputs, self.compute_dtype)
        is_image = len(inputs.shape) == 4
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=given if is_image else tf.reshape(given, [-1, 1, 1, channels]),  # the kernel knows images alone
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
        return outputs.y if is_image else tf.reshape(outputs.y, tf.shape(given))
