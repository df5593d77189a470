"""The order of the indices, files by their index, and the threads that make batches ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from fixtures.corpora import order
from fixtures.corpora.order import Files
from harness.frameworks.contract import Setup

PREFETCH_BATCHES = 2  # per thread, as torch's workers have


def threaded(batches: tf.data.Dataset, threads: int) -> tf.data.Dataset:
    """Batches made ahead, by so many threads and no more."""
    return made_ahead(batches, threads).with_options(fixed_threads(threads))


def made_ahead(batches: tf.data.Dataset, threads: int) -> tf.data.Dataset:
    """With the batches that their parallel stage holds already, one of each thread, as many as the other framework's loader makes ahead."""
    return batches.prefetch((PREFETCH_BATCHES - 1) * threads)


def fixed_threads(threads: int) -> tf.data.Options:
    """As many threads as the other framework's loader has, for every stage together, and nothing that tf.data adds by itself."""
    options = tf.data.Options()
    options.deterministic = True
    options.threading.private_threadpool_size = threads
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    options.experimental_optimization.map_parallelization = False
    options.experimental_optimization.inject_prefetch = False
    return options


def endless(setup: Setup, files: Files) -> tf.data.Dataset:
    """The index of image after image, epoch after epoch; anew in each iteration. A rank has its part of every batch."""
    indices = by_epoch(tf.data.Dataset.counter(), lambda number: order.epoch(len(files.paths), setup.experiment, number))
    if setup.rank is None:
        return indices
    part = setup.rank.part(setup.case.batch_size)
    return indices.batch(setup.case.batch_size, drop_remainder=True).map(lambda batch: batch[part]).unbatch()


def by_epoch(epochs: tf.data.Dataset, ordered: Callable[[int], list[int]]) -> tf.data.Dataset:
    """Those of epoch after epoch, drawn by Python once an epoch.

    Not by `from_generator`: from Python 3.11 on it lowers glibc's threshold for mmap to 128 KiB in the whole process (GeneratorDatasetOp's
    "memory patch"). Every full train step on a CPU then faulted its activations in anew, and took 1.4–1.7 times as long; a worker that
    keeps its memory no longer minds, the ladder's lower rungs would.
    """

    def drawn(number: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(lambda each: np.array(ordered(int(each))), [number], tf.int64), (None,))

    return epochs.map(drawn).unbatch()


def located(files: Files, make: Callable[[tf.Tensor, tf.Tensor], Any]) -> Callable[[tf.Tensor], Any]:
    """What `make` gives for path and label of the file at an index. Looked up within the parallel map: one of its own costs 5 %."""
    paths = tf.constant([str(path) for path in files.paths])
    labels = tf.constant(files.labels, tf.int64)
    return lambda index: make(paths[index], labels[index])
