"""Images made larger and smaller, in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options


def network(options: Options) -> keras.Model:
    image = keras.Input([8, 8, 3], name="image")
    values = convolution(8)(layers.UpSampling2D(interpolation="bilinear")(convolution(8)(image)))
    values = convolution(8)(ops.image.resize(values, (6, 6), interpolation="bilinear", antialias=True))
    values = convolution(8)(ops.image.resize(values, (9, 9), interpolation="bicubic", antialias=True))
    values = convolution(12)(layers.UpSampling2D()(values))
    values = convolution(8)(shuffled(values))
    return keras.Model(image, layers.Dense(options.classes)(ops.mean(values, (1, 2))))


def convolution(channels: int) -> layers.Layer:
    return layers.Conv2D(channels, 3, padding="same")


def shuffled(values: KerasTensor) -> KerasTensor:
    """The channels as (channels, rows, columns), as PyTorch has them."""
    parts = ops.reshape(values, (-1, 18, 18, 3, 2, 2))
    return ops.reshape(ops.transpose(parts, (0, 1, 4, 2, 5, 3)), (-1, 36, 36, 3))
