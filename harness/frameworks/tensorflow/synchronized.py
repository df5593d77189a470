"""Batch norms that take the statistics of all ranks."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.record.case import Execution
from harness.record.outcome import Unsupported


def convert(setup: Setup, built: Any) -> None:
    """Raises Unsupported where the network has none that takes a batch's statistics, and where XLA compiles it."""
    if not norms(built):
        raise Unsupported("the network has no batch norm that takes a batch's statistics: there are none to synchronize")
    if setup.case.execution is Execution.COMPILED:
        what = "XLA compiles a network as one function, and TensorFlow's exchange between processes is no operation of XLA's"
        raise Unsupported(f"{what}, so that no statistics can be exchanged amid the network: synchronize them without the compiler")
    for layer in norms(built):
        layer.synchronized = True


def norms(built: Any) -> list[Any]:
    """Those that would exchange statistics: a frozen one does not."""
    return [layer for layer in built._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]


def statistics(built: Any) -> list[list[list[Any]]]:
    """Of each that does, in turn, what it sums over all ranks: sum, sum of squares and count (`_compute_moments_sync` in
    keras/src/backend/tensorflow/nn.py), and the gradients of the first two on the way back.
    """
    of_norms = [tf.TensorSpec(layer.moving_mean.shape) for layer in norms(built) if layer.synchronized]
    return [[[each]] * 3 for each in of_norms] + [[[each]] * 2 for each in reversed(of_norms)]
