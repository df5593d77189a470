"""Whose library makes the images: libjpeg-turbo and OpenCV, called from Python, or Keras' utilities."""

from __future__ import annotations

import keras
import tensorflow as tf

from fixtures.corpora import flowers
from fixtures.corpora.images import BatchReader
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow.data import Pipeline
from harness.frameworks.tensorflow.loader import endless, threaded
from harness.frameworks.tensorflow.strategies.parallel import AUTOTUNE, Sample, batched, epoch_batches
from harness.frameworks.tensorflow.transform import normalised


def numpy_batches(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.image_size
    reader, labels = BatchReader(files.paths, size), tf.constant(files.labels, tf.int64)

    def batch(indices: tf.Tensor) -> Sample:
        images = tf.numpy_function(reader.read, [indices], tf.float32)
        return tf.ensure_shape(images, (setup.case.batch_size, size, size, 3)), tf.gather(labels, indices)

    indices = endless(setup, files).batch(setup.case.batch_size, drop_remainder=True)
    return Pipeline(setup, threaded(indices.map(batch, num_parallel_calls=setup.threads), setup.threads))


def numpy_per_image(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.image_size
    reader, labels = BatchReader(files.paths, size), tf.constant(files.labels, tf.int64)

    def image(index: tf.Tensor) -> Sample:
        return tf.reshape(tf.numpy_function(reader.read, [index[None]], tf.float32), (size, size, 3)), labels[index]

    images = endless(setup, files).map(image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def keras_directory(setup: Setup) -> Pipeline:
    size, whole_batches = setup.image_size, epoch_batches(setup)
    batches = keras.utils.image_dataset_from_directory(
        flowers.class_folders(setup.corpus_folder, "train"),
        image_size=(size, size),
        batch_size=setup.case.batch_size,
        seed=setup.experiment.seed,
        verbose=False,
    )

    def normalise(images: tf.Tensor, labels: tf.Tensor) -> Sample:
        return normalised(images), tf.cast(labels, tf.int64)

    whole = batches.take(whole_batches)
    return Pipeline(setup, whole.map(normalise, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE).repeat(), burst=whole_batches)
