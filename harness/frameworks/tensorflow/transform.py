"""A JPEG file to an image, and images to a normalised batch."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from fixtures.corpora.batch import MEAN, STD
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow.loader import threaded
from harness.record.fairness import Source


class Transform:
    """Encoded images to normalised batches, on threads that are counted or on as many as tf.data likes.

    The neutral one is the cheapest transform that both frameworks agree on (4e-5 at most).
    """

    def __init__(self, setup: Setup) -> None:
        self._neutral = setup.neutral
        self._size = setup.image_size
        self._batch_size = setup.own_batch_size
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
        # BGR less the mean. The cast is the report's, and without effect: `resize` has given float32.
        return keras.applications.imagenet_utils.preprocess_input(tf.cast(resized, tf.float32), mode="caffe"), label

    def batched(self, images: tf.data.Dataset, drop_last: bool = True) -> tf.data.Dataset:
        return images.batch(self._batch_size, drop_remainder=drop_last, **self.parallel)

    def prefetched(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        if Source.WORKERS not in self._neutral:
            return batches.prefetch(tf.data.AUTOTUNE)
        return threaded(batches, self._threads)


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
