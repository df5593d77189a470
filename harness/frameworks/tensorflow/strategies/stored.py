"""What the images are read from: files or images in memory, shards, tfds' records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_datasets as tfds

from fixtures.made_once import made_once
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import corpus
from harness.frameworks.tensorflow.data import Pipeline
from harness.frameworks.tensorflow.loader import endless, threaded
from harness.frameworks.tensorflow.strategies.installed import installed
from harness.frameworks.tensorflow.strategies.parallel import Sample, batched, listed, shuffled
from harness.frameworks.tensorflow.transform import Transform, exactly_decoded, interpolated, normalised

SHARDS = 8


def cached_files(setup: Setup) -> Pipeline:
    encoded = shuffled(setup, listed(setup).map(read_file).cache()).repeat()
    images = encoded.map(_decode(setup), num_parallel_calls=setup.threads)
    return _cache_filled(setup, Pipeline(setup, threaded(batched(setup, images), setup.threads)))


def cached_images(setup: Setup) -> Pipeline:
    images = listed(setup).map(Transform(setup).image, num_parallel_calls=setup.threads).cache()
    batches = batched(setup, shuffled(setup, images).repeat())
    return _cache_filled(setup, Pipeline(setup, threaded(batches, setup.threads)))


def interleaved_shards(setup: Setup) -> Pipeline:
    features = {"image": tf.io.FixedLenFeature((), tf.string), "label": tf.io.FixedLenFeature((), tf.int64)}
    decode = _decode(setup)

    def image(record: tf.Tensor) -> Sample:
        parsed = tf.io.parse_single_example(record, features)
        return decode(parsed["image"], parsed["label"])

    shards = tf.data.Dataset.from_tensor_slices(written_shards(setup))
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=SHARDS, num_parallel_calls=setup.threads)
    images = shuffled(setup, records).repeat().map(image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def tfds_records(setup: Setup) -> Pipeline:
    records = corpus.encoded(corpus.prepared(setup.corpus_folder), as_supervised=True)
    images = shuffled(setup, records).repeat().map(_decode(setup), num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def array_record(setup: Setup) -> Pipeline:
    files, records = setup.training_files(), array_records(setup)
    place = {record["file_name"].decode(): index for index, record in enumerate(records)}  # tfds has an order of its own
    places = np.array([place[path.name] for path in files.paths])

    def read(indices: npt.NDArray[np.int64]) -> tuple[list[bytes], list[int]]:
        found = records.__getitems__(places[indices].tolist())
        return [record["image"] for record in found], [record["label"] for record in found]

    indices = endless(setup, files).batch(setup.case.batch_size)
    encoded = indices.map(lambda indices: tf.numpy_function(read, [indices], (tf.string, tf.int64)))
    images = encoded.unbatch().map(_decode(setup), num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def read_file(path: tf.Tensor, label: tf.Tensor) -> Sample:
    return tf.io.read_file(path), label


def _decode(setup: Setup) -> Callable[[tf.Tensor, tf.Tensor], Sample]:
    """What `Transform` does to an image, once its bytes are read."""
    size = setup.image_size
    return lambda encoded, label: (normalised(interpolated(exactly_decoded(encoded), size)), label)


def _cache_filled(setup: Setup, pipeline: Pipeline) -> Pipeline:
    """The steady state is what is measured: a cache is full once an epoch has gone through it, and stays so when the pipeline restarts."""
    for _ in range(len(setup.training_files().paths) // setup.case.batch_size + 1):
        pipeline.step()
    pipeline.restart()
    return pipeline


def written_shards(setup: Setup) -> list[str]:
    """TFRecord files of the corpus; written the first time."""
    folder = made_once(setup.corpus_folder / "tfrecord-shards", lambda partial: _write_shards(setup, partial))
    return sorted(str(path) for path in folder.iterdir())


def _write_shards(setup: Setup, folder: Path) -> None:
    files = setup.training_files()
    with corpus.writing_records(folder):
        folder.mkdir()
    for shard in range(SHARDS):
        with corpus.writing_records(folder), tf.io.TFRecordWriter(str(folder / f"train-{shard}.tfrecord")) as writer:
            for path, label in zip(files.paths[shard::SHARDS], files.labels[shard::SHARDS], strict=True):
                image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[path.read_bytes()]))
                feature = {"image": image, "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def array_records(setup: Setup) -> tfds.core.data_sources.base.BaseDataSource:
    """The encoded images in tfds' ArrayRecord files, to be read at any place; written the first time.

    The reader's 64 threads stay, idle, until this process ends.
    """
    installed("array_record")
    builder = corpus.prepared(setup.corpus_folder, "array_record")
    return builder.as_data_source(split="train", decoders={"image": tfds.decode.SkipDecoding()})
