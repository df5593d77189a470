"""By which operations the pixels are made."""

from __future__ import annotations

import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow.data import Pipeline
from harness.frameworks.tensorflow.loader import threaded
from harness.frameworks.tensorflow.strategies.parallel import Sample, batched, mapped
from harness.frameworks.tensorflow.strategies.stored import read_file
from harness.frameworks.tensorflow.transform import exactly_decoded, interpolated, normalised


def vectorised_map(setup: Setup) -> Pipeline:
    size = setup.image_size
    image = tf.TensorSpec((size, size, 3), tf.float32)

    def decode(encoded: tf.Tensor, labels: tf.Tensor) -> Sample:
        # A loop in the graph: a batch of images that differ in size is no tensor.
        return normalised(tf.map_fn(lambda each: interpolated(exactly_decoded(each), size), encoded, fn_output_signature=image)), labels

    encoded = batched(setup, mapped(setup, read_file, num_parallel_calls=setup.threads))
    return Pipeline(setup, threaded(encoded.map(decode, num_parallel_calls=setup.threads), setup.threads))


def fast_dct(setup: Setup) -> Pipeline:
    size = setup.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        return normalised(interpolated(tf.image.decode_jpeg(tf.io.read_file(path), channels=3), size)), label

    images = mapped(setup, image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def antialias(setup: Setup) -> Pipeline:
    size = setup.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        return normalised(tf.image.resize(exactly_decoded(tf.io.read_file(path)), (size, size), antialias=True)), label

    images = mapped(setup, image, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batched(setup, images), setup.threads))


def uint8_batches(setup: Setup) -> Pipeline:
    size = setup.image_size

    def image(path: tf.Tensor, label: tf.Tensor) -> Sample:
        resized = interpolated(exactly_decoded(tf.io.read_file(path)), size)
        return tf.cast(tf.round(resized), tf.uint8), label

    def normalise(images: tf.Tensor, labels: tf.Tensor) -> Sample:
        return normalised(tf.cast(images, tf.float32)), labels

    images = mapped(setup, image, num_parallel_calls=setup.threads)
    batches = batched(setup, images).map(normalise, num_parallel_calls=setup.threads)
    return Pipeline(setup, threaded(batches, setup.threads))
