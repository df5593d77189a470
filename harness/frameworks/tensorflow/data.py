"""The input pipelines: JPEG files to batches of normalised images, tuned, or by TensorFlow Datasets and tf.data."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import filelock
import keras
import msgspec
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_datasets as tfds

from fixtures.corpora import flowers, order
from fixtures.corpora.batch import MEAN, STD
from fixtures.corpora.order import Files
from harness.frameworks.contract import NativeBatch, Setup
from harness.record.case import Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

NAME = "oxford_flowers102"
PREFETCH_BATCHES = 2  # per thread, as torch's workers have


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

    def restart(self) -> None:
        self._batches = iter(())  # its threads or workers end first
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
    if setup.case.phase in FED_PHASES:
        prepared(setup.corpus_folder)


def pipeline(setup: Setup) -> Pipeline:
    """Its habit is the report's set-up: tfds.load, resize, cast, preprocess_input; shuffle, batch, prefetch.

    TensorFlow's guide to fast pipelines maps in parallel, shuffles before it maps, and caches. The first two are left out as they are
    choices of the user's that the report did not make; so is every cache, tfds' own for small sets too: from the second epoch on it
    is a copy out of memory, while the other framework decodes.
    """
    neutral, batch_size = setup.neutral, setup.case.batch_size
    if Source.ORDER in neutral:
        files = setup.training_files()
        return Pipeline(setup, tuned(setup, files, endless(setup, files)))  # whatever `library` is: its own operations are the fastest
    transform = Transform(setup)
    data, images = _records(setup, "train")
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
    return tuned(setup, files, _indices(epoch, lambda _: order.epoch(len(files.paths), setup.experiment, next(numbers))[:images]))


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
    training, training_images = _records(setup, f"train[:{100 - held_back}%]")
    validating, validation_images = _records(setup, f"train[{100 - held_back}%:]")
    training = training.map(transform.image).shuffle(setup.experiment.shuffle_buffer).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    validating = validating.map(transform.image).batch(batch_size).prefetch(tf.data.AUTOTUNE)
    return (training, training_images), (validating, validation_images)


def labels(setup: Setup) -> dict[str, int]:
    """Raises CorpusError where the label files do not fit."""
    flowers.labels(setup.corpus_folder, "train")  # the records may have been written before
    return {record["file_name"].decode(): int(record["label"]) for record in _encoded_records(setup)}


def download(root: Path) -> None:
    raise Unsupported(f"TensorFlow Datasets has a layout of its own: run a PyTorch case first, torchvision's loader fills {root} for both")


class _LocalFiles(msgspec.Struct, frozen=True):
    """Hands tfds' own builder the corpus where its download manager would hand it downloads.

    Files placed under the real downloads' checksums are taken too, but claim to be the real set.
    """

    root: Path
    downloaded_size: int = 0

    def download_and_extract(self, urls: dict[str, str]) -> dict[str, str]:
        """The archive's folder, and the two .mat files, by the builder's own keys: images, labels, setid."""
        folder = self.root / "flowers-102"
        return {key: str(folder if key == "images" else folder / url.rpartition("/")[2]) for key, url in urls.items()}


def prepared(root: Path, file_format: str = "tfrecord") -> str:
    """The data folder with tfds' layout of the corpus in that format; written there by tfds' own builder the first time (3 s)."""
    folder = flowers.tfds(root) / file_format
    builder = tfds.builder(NAME, data_dir=folder, file_format=file_format)
    with filelock.FileLock(root / "tfds.lock"):
        if not builder.data_path.exists():
            tfds.disable_progress_bar()
            builder._make_download_manager = lambda **_: _LocalFiles(root)
            builder.download_and_prepare()  # into a temporary folder, renamed at the end
    return str(folder)


def _records(setup: Setup, split: str) -> tuple[tf.data.Dataset, int]:
    """Images and labels of tfds' records, and how many: the images decoded by tfds, with the fast DCT, unless the decoder is neutral."""
    decoders = {"image": tfds.decode.SkipDecoding()} if Source.DECODER in setup.neutral else None
    data, info = tfds.load(
        NAME,
        split=split,
        data_dir=prepared(setup.corpus_folder),
        download=False,
        as_supervised=True,
        decoders=decoders,
        read_config=read_config(),
        with_info=True,
    )
    return data, info.splits[split].num_examples


def _encoded_records(setup: Setup) -> Iterator[dict[str, Any]]:
    """The training records as they are: name, label and bytes of each image."""
    data = tfds.load(
        NAME,
        split="train",
        data_dir=prepared(setup.corpus_folder),
        download=False,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=read_config(),
    )
    return iter(data.as_numpy_iterator())


def endless(setup: Setup, files: Files) -> tf.data.Dataset:
    """The index of image after image, epoch after epoch; anew in each iteration."""
    return _indices(tf.data.Dataset.counter(), lambda number: order.epoch(len(files.paths), setup.experiment, number))


def _indices(epochs: tf.data.Dataset, ordered: Callable[[int], list[int]]) -> tf.data.Dataset:
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


def read_config() -> Any:
    """By itself tfds would hold data sets under 250 MiB in memory, decoded: the generated corpus, but not the real one."""
    return tfds.ReadConfig(try_autocache=False)


class Transform:
    """Encoded images to normalised batches, on threads that are counted or on as many as tf.data likes.

    The neutral one is the cheapest transform that both frameworks agree on (4e-5 at most).
    """

    def __init__(self, setup: Setup) -> None:
        self._neutral = setup.neutral
        self._size = setup.experiment.image_size
        self._batch_size = setup.case.batch_size
        self._threads = setup.threads
        self.parallel = {"num_parallel_calls": setup.threads} if Source.WORKERS in self._neutral else {}

    def image(self, image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """float32 (height, width, 3), normalised while it is in the cache."""
        if Source.ORDER in self._neutral:
            image = tf.io.read_file(image)
        decoded = exactly_decoded(image) if Source.DECODER in self._neutral else image
        resized = interpolated(decoded, self._size)
        if Source.NORMALISATION in self._neutral:
            return normalised(resized), label
        # The cast is the report's, and without effect: `resize` has given float32.
        return keras.applications.resnet50.preprocess_input(tf.cast(resized, tf.float32)), label

    def batched(self, images: tf.data.Dataset, drop_last: bool = True) -> tf.data.Dataset:
        return images.batch(self._batch_size, drop_remainder=drop_last, **self.parallel)

    def prefetched(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        if Source.WORKERS not in self._neutral:
            return batches.prefetch(tf.data.AUTOTUNE)
        return threaded(batches, self._threads)


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


def exactly_decoded(encoded: tf.Tensor) -> tf.Tensor:
    """Raises InvalidArgumentError for a greyscale or CMYK image, or a PNG: the decoder would make three colours of any of them."""
    tf.debugging.assert_equal(tf.io.extract_jpeg_shape(encoded)[2], 3, "colour components")
    return tf.image.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")


def interpolated(image: tf.Tensor, image_size: int) -> tf.Tensor:
    """Bilinear without antialias: float32 (image_size, image_size, 3), 0 to 255. TensorFlow's habit as well as the neutral setting."""
    return tf.image.resize(image, (image_size, image_size), antialias=False)


def normalised(images: tf.Tensor) -> tf.Tensor:
    """One image or a batch, by whole rows: two to four times faster than broadcasting over three channels."""
    row = (images.shape[-2], 1)
    mean, scale = (np.tile(np.array(values, np.float32), row) for values in (255 * np.array(MEAN), 1 / (255 * np.array(STD))))
    return (images - mean) * scale
