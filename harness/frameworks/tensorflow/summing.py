"""Sums over all ranks, by tf.distribute."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf


def ranks() -> int:
    """That take part in what is run or traced just now: one, outside of the strategy."""
    return int(tf.distribute.get_replica_context().num_replicas_in_sync)


def summed(values: list[Any], options: Any = None) -> list[Any]:
    """Over all ranks; a tensor that the loss does not depend on has no gradient, None. options: where they are not the strategy's own."""
    # Without an operation of its own on a value the strategy does not know on which device it is.
    placed = [tf.identity(value) for value in values if value is not None]
    found = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed, options))
    return [None if value is None else next(found) for value in values]


@contextlib.contextmanager
def summed_already(optimizer: Any) -> Iterator[None]:
    """While it lasts, the optimizer takes gradients as they are.

    Under a strategy Keras' optimizers sum those of all ranks themselves, after clipping each rank's own (`_all_reduce_sum_gradients` of
    `TFOptimizer`, in keras/src/backend/tensorflow/optimizer.py). Of gradients that are summed already that is a second exchange, and as
    many times the gradient as there are ranks: Adam hides it but for its epsilon. Raises RuntimeError where Keras has another way to it.
    """
    if not hasattr(optimizer, "_all_reduce_sum_gradients"):
        raise RuntimeError(f"Keras {keras.__version__} sums the gradients of ranks in a way that is not known here: install the pinned one")
    optimizer._all_reduce_sum_gradients = list
    try:
        yield
    finally:
        del optimizer._all_reduce_sum_gradients


def size_bytes(value: Any) -> int:
    """Of what is exchanged of it: of a gradient that has some rows alone, those and their numbers."""
    parts = (value.values, value.indices) if isinstance(value, tf.IndexedSlices) else (value,)
    return sum(int(part.shape.num_elements()) * int(part.dtype.size) for part in parts)


def zeros(value: Any) -> Any:
    """As many as the value has, or what is said of it."""
    if isinstance(value, tf.IndexedSlices):
        return tf.IndexedSlices(zeros(value.values), zeros(value.indices), tf.constant([1, *value.values.shape[1:]]))
    return tf.zeros(value.shape, value.dtype)
