"""What ranks exchange by tf.distribute, and the other ways to do so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import batches
from harness.record.case import Execution
from harness.record.exchange import PARTS, SYNCHRONIZED
from harness.record.outcome import Unsupported

PACK_BYTES = {"packs_1_mib": 2**20, "packs_100_mib": 100 * 2**20}  # by the exchange's name


def options(exchange: str | None) -> Any:
    """For `summed`; None: the strategy's own, which puts all values that are summed at once into one pack."""
    if exchange not in PACK_BYTES:
        return None
    return tf.distribute.experimental.CommunicationOptions(bytes_per_pack=PACK_BYTES[exchange])


def summed(values: list[Any], given: Any) -> list[Any]:
    """Over all ranks, in the place of one of them; a tensor that the loss does not depend on has no gradient, None. given: of `options`."""
    # Without an operation of its own on a value the strategy does not know on which device it is.
    placed = [tf.identity(value) for value in values if value is not None]
    found = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed, given))
    return [None if value is None else next(found) for value in values]


@contextlib.contextmanager
def without_its_own(optimizer: Any) -> Iterator[None]:
    """While `apply` is traced or run. Under a strategy Keras' optimizers sum the gradients over all ranks themselves, after clipping
    (`TFOptimizer._all_reduce_sum_gradients` in keras/src/backend/tensorflow/optimizer.py): of gradients that are summed already that is
    another exchange, of as many times the sum as there are ranks, which Adam hides but for its epsilon. And what is clipped has to be the sum.
    """
    optimizer._all_reduce_sum_gradients = list
    try:
        yield
    finally:
        del optimizer._all_reduce_sum_gradients


def accumulated(part: Callable[[Any, Any], tuple[Any, list[Any]]], inputs: Any, targets: Any) -> tuple[Any, list[Any]]:
    """The sums of the loss and the gradients that part gives, over parts of a batch, one after another: all at once would need their memory."""
    losses, gradients = [], None
    for number in range(PARTS):
        with tf.control_dependencies([each for each in gradients or [] if each is not None]):
            loss, more = part(
                *(batches.each_of(each, lambda tensor: tf.identity(tf.split(tensor, PARTS)[number])) for each in (inputs, targets))
            )
            gradients = more if gradients is None else [each if each is None else each + added for each, added in zip(gradients, more)]
        losses.append(loss)
    return tf.add_n(losses), gradients


def synchronized(setup: Setup, built: Any) -> list[Any]:
    """The batch norms that train, made to take the statistics of all ranks. Raises Unsupported where that cannot be."""
    if setup.case.execution is Execution.COMPILED:
        why = "they are exchanged amid the network, and XLA has no operation for TensorFlow's exchange between processes on a CPU"
        raise Unsupported(
            f"exchange {SYNCHRONIZED}, compiled by XLA: the statistics of a batch norm cannot be of all ranks: {why}: run it plain"
        )
    found = [layer for layer in built._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable]
    if not found:
        raise Unsupported(f"exchange {SYNCHRONIZED}: the network has no batch norm that trains: without {SYNCHRONIZED} it does the same")
    for layer in found:
        layer.synchronized = True
    return found


def statistics(norms: list[Any]) -> list[list[Any]]:
    return []


def ranks() -> int:
    """That take part in what is run or traced at the moment."""
    return int(tf.distribute.get_replica_context().num_replicas_in_sync)


def expect_parts(setup: Setup) -> int:
    """How many parts a rank's batch is taken in. Raises Unsupported where it cannot be."""
    items = setup.case.batch_size // setup.case.ranks
    if items % PARTS:
        raise Unsupported(
            f"exchange {setup.case.exchange}: a rank's {items} of {setup.case.batch_size} items cannot be split into {PARTS} equal parts: "
            f"take a batch size that {PARTS * setup.case.ranks} divides"
        )
    return PARTS
