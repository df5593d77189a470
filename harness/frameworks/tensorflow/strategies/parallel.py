"""Who makes the batches: which threads, at which stage of tf.data, and in which order of the stages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow.data import Pipeline
from harness.frameworks.tensorflow.loader import PREFETCH_BATCHES, endless, fixed_threads, located, made_ahead, threaded
from harness.frameworks.tensorflow.transform import Transform
from harness.record.outcome import Unsupported

AUTOTUNE = tf.data.AUTOTUNE

Sample = tuple[tf.Tensor, tf.Tensor]  # an image, or where to find it, and its label


def sequential(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image)
    batches = images.batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, batches.with_options(_as_written()))


def prefetched(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image)
    batches = images.batch(setup.case.batch_size, drop_remainder=True).prefetch(PREFETCH_BATCHES)
    return Pipeline(setup, batches.with_options(_as_written()))


def plain_map(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image)
    return Pipeline(setup, images.batch(setup.case.batch_size, drop_remainder=True))


def autotune(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image, num_parallel_calls=AUTOTUNE)
    return Pipeline(setup, images.batch(setup.case.batch_size, drop_remainder=True).prefetch(AUTOTUNE))


def shared_pool(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image, num_parallel_calls=setup.threads)
    batches = made_ahead(batched(setup, images), setup.threads)
    options = fixed_threads(setup.threads)
    options.threading = tf.data.ThreadingOptions()  # the threads of TensorFlow's own operations
    options.threading.max_intra_op_parallelism = 1
    return Pipeline(setup, batches.with_options(options))


def shuffle_after_map(setup: Setup) -> Pipeline:
    images = listed(setup).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = batched(setup, shuffled(setup, images))
    # An epoch is one wait for the buffer to fill, then a burst out of it: only whole epochs are steady.
    return Pipeline(setup, threaded(batches, setup.threads).repeat(), burst=epoch_batches(setup))


def shuffle_before_map(setup: Setup) -> Pipeline:
    images = shuffled(setup, listed(setup)).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = batched(setup, images)
    return Pipeline(setup, threaded(batches, setup.threads).repeat(), burst=epoch_batches(setup))  # each epoch begins with empty buffers


def repeat_before_batch(setup: Setup) -> Pipeline:
    images = shuffled(setup, listed(setup)).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = batched(setup, images.repeat())
    return Pipeline(setup, threaded(batches, setup.threads))


def prefetch_before_batch(setup: Setup) -> Pipeline:
    images = mapped(setup, Transform(setup).image, num_parallel_calls=setup.threads)
    ahead = images.prefetch(PREFETCH_BATCHES * setup.threads * setup.case.batch_size)
    batches = ahead.batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, batches.with_options(fixed_threads(setup.threads)))


def mapped(setup: Setup, make: Callable[[tf.Tensor, tf.Tensor], Sample], **parallel: int) -> tf.data.Dataset:
    """What that makes of path and label of image after image, in the order that `tuned` has."""
    files = setup.training_files()
    return endless(setup, files).map(located(files, make), **parallel)


def listed(setup: Setup) -> tf.data.Dataset:
    """Path and label of each image once."""
    files = setup.training_files()
    return tf.data.Dataset.from_tensor_slices(([str(path) for path in files.paths], np.array(files.labels, np.int64)))


def shuffled(setup: Setup, samples: tf.data.Dataset) -> tf.data.Dataset:
    return samples.shuffle(setup.experiment.shuffle_buffer, seed=setup.experiment.seed)


def batched(setup: Setup, images: tf.data.Dataset) -> tf.data.Dataset:
    return images.batch(setup.case.batch_size, drop_remainder=True, num_parallel_calls=setup.threads)


def epoch_batches(setup: Setup) -> int:
    """Whole ones. Raises Unsupported where an epoch has none."""
    images, batch_size = len(setup.training_files().paths), setup.case.batch_size
    if images < batch_size:
        raise Unsupported(f"a batch of {batch_size} is more than the {images} training images")
    return images // batch_size


def _as_written() -> tf.data.Options:
    """Nothing that tf.data adds or rewrites by itself."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_optimization.map_parallelization = False
    options.experimental_optimization.inject_prefetch = False
    options.threading.max_intra_op_parallelism = 1
    return options
