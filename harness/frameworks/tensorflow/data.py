"""The input pipelines: JPEG files to batches of normalised images, tuned, or by TensorFlow Datasets and tf.data."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fixtures.corpora import flowers, order
from fixtures.corpora.order import Files
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.tensorflow.corpus import prepared, records
from harness.frameworks.tensorflow.loader import by_epoch, endless, located
from harness.frameworks.tensorflow.transform import Transform
from harness.record.case import Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported


class Pipeline:
    """An endless stream of training batches."""

    def __init__(self, setup: Setup, batches: Iterable[NativeBatch], burst: int = 1) -> None:
        self.burst = burst
        self._setup = setup
        self._source: Iterable[NativeBatch] = batches
        self._batches: Iterator[NativeBatch] = iter(batches)
        self._batch: NativeBatch = None

    def step(self) -> None:
        """Takes the next batch. Raises CorpusError."""
        with damage_named(self._setup):
            self._batch = next(self._batches)

    def stop(self) -> None:
        self._batches = iter(())  # its threads or workers end

    def restart(self) -> None:
        self.stop()
        self._batches = iter(self._source)

    def fence(self) -> None:
        """Nothing to wait for: a batch that was taken is complete, in host memory."""

    def read_back(self) -> float:
        """The first label."""
        return float(self._batch[1][0])

    def batch(self) -> NativeBatch:
        """(images, labels): float32 (batch, height, width, 3)."""
        return self._batch

    def to_numpy(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        images, labels = self._batch
        return images.numpy(), labels.numpy()

    def close(self) -> None:
        """Ends the pipeline's threads, which tf.data does when nothing refers to its iterator any more."""
        self._source, self._batches, self._batch = (), iter(()), None


def prepare(setup: Setup) -> None:
    """Starts the runtime for a pipeline alone, and writes tfds' files of a new corpus: neither is a part of building a pipeline."""
    if setup.case.workload is Workload.LOADING:
        tf.config.list_logical_devices()  # starts the runtime: a pipeline alone has no use for a device
    if setup.fed:
        prepared(setup.corpus_folder)


def pipeline(setup: Setup) -> Pipeline:
    """Its habit is the report's set-up: tfds.load, resize, cast, preprocess_input; shuffle, batch, prefetch.

    TensorFlow's guide to fast pipelines maps in parallel, shuffles before it maps, and caches. The first two are left out as they are
    choices of the user's that the report did not make; so is every cache, tfds' own for small sets too: from the second epoch on it
    is a copy out of memory, while the other framework decodes. Of n ranks each takes every n-th image, as the guide to
    distributed input has it.
    """
    neutral, batch_size = setup.neutral, setup.own_batch_size
    if Source.ORDER in neutral:
        files = setup.training_files()
        return Pipeline(setup, tuned(setup, files, endless(setup, files)))  # whatever `library` is: its own operations are the fastest
    transform = Transform(setup)
    data, images = records(setup, "train")
    if setup.rank is not None:
        data, images = data.shard(setup.rank.count, setup.rank.number), images // setup.rank.count
    if images < batch_size:
        raise Unsupported(f"a batch of {batch_size} is more than the {images} training images")
    # The last, smaller batch is left out: a step is `batch_size` images, for both frameworks.
    shuffled = data.map(transform.image, **transform.parallel).shuffle(setup.experiment.shuffle_buffer)
    batches = transform.prefetched(transform.batched(shuffled)).repeat()
    # Shuffled after map, an epoch is one wait for the buffer to fill, then a burst out of it: only whole epochs are steady.
    return Pipeline(setup, batches, burst=images // batch_size)


def training(setup: Setup) -> tf.data.Dataset:
    """An epoch of the experiment's training images in each iteration, without the last, smaller batch: the order of `pipeline`."""
    files = setup.training_files()
    images = len(files.paths) // setup.case.batch_size * setup.case.batch_size  # none more is decoded
    numbers = itertools.count()
    epoch = tf.data.Dataset.range(1)
    return tuned(setup, files, by_epoch(epoch, lambda _: order.epoch(len(files.paths), setup.experiment, next(numbers))[:images]))


def validation(setup: Setup) -> tf.data.Dataset:
    """The validation images of the experiment's split, once in each iteration, the last batch as small as it comes."""
    files = setup.validation_files()
    return tuned(setup, files, tf.data.Dataset.range(len(files.paths)), drop_last=False)


def tuned(setup: Setup, files: Files, indices: tf.data.Dataset, drop_last: bool = True) -> tf.data.Dataset:
    """The fastest way that was found: a thread for each core makes image after image by TensorFlow's own decoder and resize.

    libjpeg-turbo and OpenCV, called by `numpy_function`, are a seventh slower in batches of 8: their threads hold Python's lock, and wait
    for it while the batches are taken.
    """
    transform = Transform(setup)
    images = indices.map(located(files, transform.image), **transform.parallel)
    return transform.prefetched(transform.batched(images, drop_last))


@contextlib.contextmanager
def damage_named(setup: Setup) -> Iterator[None]:
    """Raises CorpusError with every image that is damaged, where what is loaded within fails on one: a decoder does not say which."""
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.UnknownError):
        flowers.check_images(setup.corpus_folder)
        raise


def checked(setup: Setup, batches: Iterable[NativeBatch]) -> Iterator[NativeBatch]:
    """The batches. Raises CorpusError."""
    with damage_named(setup):
        yield from batches


def stock_datasets(setup: Setup) -> tuple[tuple[tf.data.Dataset, int], tuple[tf.data.Dataset, int]]:
    """Training and validation of the report's set-up, split as tfds splits: each with its number of images."""
    held_back = round(100 * setup.experiment.validation_fraction)
    transform, batch_size = Transform(setup), setup.case.batch_size
    training, training_images = records(setup, f"train[:{100 - held_back}%]")
    validating, validation_images = records(setup, f"train[{100 - held_back}%:]")
    training = training.map(transform.image).shuffle(setup.experiment.shuffle_buffer).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    validating = validating.map(transform.image).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    return (training, training_images), (validating, validation_images)
