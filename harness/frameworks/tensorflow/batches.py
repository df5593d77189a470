"""A batch of numpy arrays as the network is given it: channels where Keras has them, as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from fixtures.models.values import Array, Batch
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.tensorflow import device
from harness.record.case import Precision


def native(batch: Batch, setup: Setup) -> NativeBatch:
    """(inputs, targets): one tensor as it is, several by name."""
    return _alone(_tensors(batch.inputs, setup)), _alone(_tensors(batch.targets, setup))


def on_device(batch: NativeBatch) -> NativeBatch:
    """The batch where it is computed on."""
    with tf.device(device.placement()):
        inputs, targets = (each_of(tensors, tf.identity) for tensors in batch)
    return inputs, targets


def each_of(tensors: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure, every tensor in it changed."""
    return {name: change(tensor) for name, tensor in tensors.items()} if isinstance(tensors, dict) else change(tensors)


def _tensors(arrays: Mapping[str, Array], setup: Setup) -> dict[str, Any]:
    return {name: _tensor(array, setup) for name, array in arrays.items()}


def _tensor(array: Array, setup: Setup) -> Any:
    tensor = tf.constant(array)
    return tf.cast(tensor, tf.float64) if tensor.dtype.is_floating and setup.case.precision is Precision.FP64 else tensor


def _alone(tensors: dict[str, Any]) -> Any:
    return next(iter(tensors.values())) if len(tensors) == 1 else tensors
