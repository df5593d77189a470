"""Ways to load the same images, beside the tuned one of `matched`. Each is `tuned` or another one but for what its name says."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import filelock
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_datasets as tfds

from fixtures.corpora import flowers
from fixtures.corpora.images import BatchReader
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import data
from harness.frameworks.tensorflow.data import (
    NAME,
    PREFETCH_BATCHES,
    Pipeline,
    Transform,
    exactly_decoded,
    fixed_threads,
    interpolated,
    normalised,
    threaded,
)
from harness.record.outcome import Unsupported

AUTOTUNE = tf.data.AUTOTUNE
SHARDS = 8

Sample = tuple[tf.Tensor, tf.Tensor]  # an image, or where to find it, and its label


def pipeline(setup: Setup) -> Pipeline:
    return STRATEGIES[setup.case.strategy](setup) if setup.case.strategy else data.pipeline(setup)


def prepare(setup: Setup) -> None:
    """Writes the files that the loaders read. Done once a corpus, outside of what is timed: it is no part of building a pipeline."""
    data.prepare(setup)
    if setup.case.strategy == "interleaved_shards":
        _shards(setup)
    if setup.case.strategy == "array_record":
        _array_records(setup)


def sequential(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image)
    batches = images.batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, batches.with_options(_as_written()))


def prefetched(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image)
    batches = images.batch(setup.case.batch_size, drop_remainder=True).prefetch(PREFETCH_BATCHES)
    return Pipeline(setup, batches.with_options(_as_written()))


def plain_map(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image)
    return Pipeline(setup, images.batch(setup.case.batch_size, drop_remainder=True))


def autotune(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image, num_parallel_calls=AUTOTUNE)
    return Pipeline(setup, images.batch(setup.case.batch_size, drop_remainder=True).prefetch(AUTOTUNE))


def shared_pool(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image, num_parallel_calls=setup.threads)
    batches = data.made_ahead(_batched(setup, images), setup.threads)
    options = fixed_threads(setup.threads)
    options.threading = tf.data.ThreadingOptions()  # the threads of TensorFlow's own operations
    options.threading.max_intra_op_parallelism = 1
    return Pipeline(setup, batches.with_options(options))


def shuffle_after_map(setup: Setup) -> Pipeline:
    images = _listed(setup).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = _batched(setup, _shuffled(setup, images))
    # An epoch is one wait for the buffer to fill, then a burst out of it: only whole epochs are steady.
    return Pipeline(setup, threaded(batches, setup.threads).repeat(), burst=_epoch_batches(setup))


def shuffle_before_map(setup: Setup) -> Pipeline:
    images = _shuffled(setup, _listed(setup)).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = _batched(setup, images)
    return Pipeline(setup, threaded(batches, setup.threads).repeat(), burst=_epoch_batches(setup))  # each epoch begins with empty buffers


def repeat_before_batch(setup: Setup) -> Pipeline:
    images = _shuffled(setup, _listed(setup)).map(Transform(setup).image, num_parallel_calls=setup.threads)
    batches = _batched(setup, images.repeat())
    return Pipeline(setup, threaded(batches, setup.threads))


def prefetch_before_batch(setup: Setup) -> Pipeline:
    images = _mapped(setup, Transform(setup).image, num_parallel_calls=setup.threads)
    ahead = images.prefetch(PREFETCH_BATCHES * setup.threads * setup.case.batch_size)
    batches = ahead.batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, batches.with_options(fixed_threads(setup.threads)))


def cached_files(setup: Setup) -> Pipeline:
    encoded = _shuffled(setup, _listed(setup).map(_read).cache()).repeat()
    images = encoded.map(_decode(setup), num_parallel_calls=setup.threads)
    return _cache_filled(setup, Pipeline(setup, threaded(_batched(setup, images), setup.threads)))


def cached_images(setup: Setup) -> Pipeline:
    images = _listed(setup).map(Transform(setup).image, num_parallel_calls=setup.threads).cache()
    batches = _batched(setup, _shuffled(setup, images).repeat())
    return _cache_filled(setup, Pipeline(setup, threaded(batches, setup.threads)))


def vectorised_map(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size
    image = tf.TensorSpec((size, size, 3), tf.float32)

    def decode(encoded: tf.Tensor, labels: tf.Tensor) -> Sample:
        # A loop in the graph: a batch of images that differ in size is no tensor.
        return normalised(tf.map_fn(lambda each: interpolated(exactly_decoded(each), size), encoded, fn_output_signature=image)), labels

    encoded = _batched(setup, _mapped(setup, _read, num_parallel_calls=setup.threads))
    return Pipeline(setup, threaded(encoded.map(decode, num_parallel_calls=setup.threads), setup.threads))


def numpy_batches(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.experiment.image_size
    reader, labels = BatchReader(files.paths, size), tf.constant(files.labels, tf.int64)

    def batch(indices: tf.Tensor) -> Sample:
        images = tf.numpy_function(reader.read, [indices], tf.float32)
        return tf.ensure_shape(images, (setup.case.batch_size, size, size, 3)), tf.gather(labels, indices)

    indices = data.endless(setup, files).batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, threaded(indices.map(batch, num_parallel_calls=setup.threads), setup.threads))


def numpy_per_image(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.experiment.image_size
    reader, labels = BatchReader(files.paths, size), tf.constant(files.labels, tf.int64)

    def image(index: tf.Tensor) -> Sample:
        return tf.reshape(tf.numpy_function(reader.read, [index[None]], tf.float32), (size, size, 3)), labels[index]

    images = data.endless(setup, files).map(image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def interleaved_shards(setup: Setup) -> Pipeline:
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
    decode = _decode(setup)

    def image(record: tf.Tensor) -> Sample:
        parsed = tf.io.parse_single_example(record, features)
        return decode(parsed["image"], parsed["label"])

    shards = tf.data.Dataset.from_tensor_slices(_shards(setup))
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=SHARDS, num_parallel_calls=setup.threads)
    images = _shuffled(setup, records).repeat().map(image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def tfds_records(setup: Setup) -> Pipeline:
    records = tfds.load(
        NAME,
        split="train",
        data_dir=data.prepared(setup.corpus_folder),
        download=False,
        as_supervised=True,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=data.read_config(),
    )
    images = _shuffled(setup, records).repeat().map(_decode(setup), num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def array_record(setup: Setup) -> Pipeline:
    files, records = setup.training_files(), _array_records(setup)
    place = {record["file_name"].decode(): index for index, record in enumerate(records)}  # tfds has an order of its own
    places = np.array([place[path.name] for path in files.paths])

    def read(indices: npt.NDArray[np.int64]) -> tuple[list[bytes], list[int]]:
        found = records.__getitems__(places[indices].tolist())
        return [record["image"] for record in found], [record["label"] for record in found]

    indices = data.endless(setup, files).batch(setup.case.batch_size)
    encoded = indices.map(lambda indices: tf.numpy_function(read, [indices], (tf.string, tf.int64)))
    images = encoded.unbatch().map(_decode(setup), num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def fast_dct(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        return normalised(interpolated(tf.image.decode_jpeg(tf.io.read_file(path), channels=3), size)), label

    images = _mapped(setup, image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def antialias(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        return normalised(tf.image.resize(exactly_decoded(tf.io.read_file(path)), (size, size), antialias=True)), label

    images = _mapped(setup, image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(_batched(setup, images), setup.threads))


def uint8_batches(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        resized = interpolated(exactly_decoded(tf.io.read_file(path)), size)
        return tf.cast(tf.round(resized), tf.uint8), label

    def normalise(images: tf.Tensor, labels: tf.Tensor) -> Sample:
        return normalised(tf.cast(images, tf.float32)), labels

    images = _mapped(setup, image, num_parallel_calls=setup.threads)
    batches = _batched(setup, images).map(normalise, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batches, setup.threads))


def keras_directory(setup: Setup) -> Pipeline:
    size, epoch_batches = setup.experiment.image_size, _epoch_batches(setup)
    batches = keras.utils.image_dataset_from_directory(
        flowers.class_folders(setup.corpus_folder, "train"),
        image_size=(size, size),
        batch_size=setup.case.batch_size,
        seed=setup.experiment.seed,
        verbose=False,
    )

    def normalise(images: tf.Tensor, labels: tf.Tensor) -> Sample:
        return normalised(images), tf.cast(labels, tf.int64)

    whole = batches.take(epoch_batches)
    return Pipeline(setup, whole.map(normalise, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE).repeat(), burst=epoch_batches)


def _mapped(setup: Setup, make: Callable[[tf.Tensor, tf.Tensor], Sample], **parallel: int) -> tf.data.Dataset:
    """What that makes of path and label of image after image, in the order that `tuned` has."""
    files = setup.training_files()
    return data.endless(setup, files).map(data.located(files, make), **parallel)


def _listed(setup: Setup) -> tf.data.Dataset:
    """Path and label of each image once."""
    files = setup.training_files()
    return tf.data.Dataset.from_tensor_slices(([str(path) for path in files.paths], np.array(files.labels, np.int64)))


def _shuffled(setup: Setup, samples: tf.data.Dataset) -> tf.data.Dataset:
    return samples.shuffle(setup.experiment.shuffle_buffer, seed=setup.experiment.seed)


def _batched(setup: Setup, images: tf.data.Dataset) -> tf.data.Dataset:
    return images.batch(setup.case.batch_size, drop_remainder=True, num_parallel_calls=setup.threads)


def _read(path: tf.Tensor, label: tf.Tensor) -> Sample:
    return tf.io.read_file(path), label


def _decode(setup: Setup) -> Callable[[tf.Tensor, tf.Tensor], Sample]:
    """What `Transform` does to an image, once its bytes are read."""
    size = setup.experiment.image_size
    return lambda encoded, label: (normalised(interpolated(exactly_decoded(encoded), size)), label)


def _epoch_batches(setup: Setup) -> int:
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


def _cache_filled(setup: Setup, pipeline: Pipeline) -> Pipeline:
    """The steady state is what is measured: a cache is full once an epoch has gone through it, and stays so when the pipeline restarts."""
    for _ in range(len(setup.training_files().paths) // setup.case.batch_size + 1):
        pipeline.step()
    pipeline.restart()
    return pipeline


def _shards(setup: Setup) -> list[str]:
    """TFRecord files of the corpus; written the first time."""
    folder = setup.corpus_folder / "tfrecord-shards"
    with filelock.FileLock(f"{folder}.lock"):
        if not folder.exists():
            partial = folder.with_name(f"{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)  # of a writer that was killed
            _write_shards(setup, partial)
            partial.rename(folder)
    return sorted(str(path) for path in folder.iterdir())


def _write_shards(setup: Setup, folder: Path) -> None:
    folder.mkdir()
    files = setup.training_files()
    for shard in range(SHARDS):
        with tf.io.TFRecordWriter(str(folder / f"train-{shard}.tfrecord")) as writer:
            for path, label in zip(files.paths[shard::SHARDS], files.labels[shard::SHARDS], strict=True):
                image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[path.read_bytes()]))
                feature = {"image": image, "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def _array_records(setup: Setup) -> tfds.core.data_sources.base.BaseDataSource:
    """The encoded images in tfds' ArrayRecord files, to be read at any place; written the first time.

    The reader's 64 threads stay, idle, until this process ends.
    """
    _installed("array_record")
    folder = data.prepared(setup.corpus_folder, "array_record")
    return tfds.data_source(NAME, split="train", data_dir=folder, download=False, decoders={"image": tfds.decode.SkipDecoding()})


def _installed(package: str) -> None:
    """Raises Unsupported where what a strategy needs is missing: tfds depends on some packages on Linux alone."""
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise Unsupported(f"{error.name} is not installed: pip install -e '.[tensorflow]'") from error


STRATEGIES: dict[str, Callable[[Setup], Pipeline]] = {
    "sequential": sequential,
    "prefetched": prefetched,
    "plain_map": plain_map,
    "autotune": autotune,
    "shared_pool": shared_pool,
    "shuffle_after_map": shuffle_after_map,
    "shuffle_before_map": shuffle_before_map,
    "repeat_before_batch": repeat_before_batch,
    "prefetch_before_batch": prefetch_before_batch,
    "cached_files": cached_files,
    "cached_images": cached_images,
    "vectorised_map": vectorised_map,
    "numpy_batches": numpy_batches,
    "numpy_per_image": numpy_per_image,
    "interleaved_shards": interleaved_shards,
    "tfds_records": tfds_records,
    "array_record": array_record,
    "fast_dct": fast_dct,
    "antialias": antialias,
    "uint8_batches": uint8_batches,
    "keras_directory": keras_directory,
}
