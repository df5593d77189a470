"""The convolutional network in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options

GROUPS = 4
LEAST = -1e9


def network(options: Options) -> keras.Model:
    image = keras.Input([32, 32, 3], name="image")
    stem = layers.Conv2D(8, 3, strides=2)(layers.ZeroPadding2D(1)(image))
    stem = layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization(epsilon=1e-5)(stem))
    features = layers.MaxPooling2D(3, strides=2)(ops.pad(stem, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=LEAST))
    inner = layers.Conv2D(8, 1, use_bias=False)(features)
    inner = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5)(inner))
    inner = layers.Conv2D(8, 3, strides=2, use_bias=False)(layers.ZeroPadding2D(1)(inner))
    inner = layers.BatchNormalization(epsilon=1e-5)(inner)
    shortcut = layers.Conv2D(8, 1, strides=2, use_bias=False)(features)
    features = layers.Activation("relu")(layers.Add()([inner, shortcut]))
    features = layers.Activation("hard_swish")(layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(features))
    features = layers.Conv2D(16, 3, dilation_rate=2, groups=GROUPS, padding="same", activation="silu")(shuffled(features))
    features = layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(features))
    hidden = layers.Dense(16, activation="gelu")(layers.Flatten()(ops.transpose(features, (0, 3, 1, 2))))
    square = layers.Dense(16, activation="tanh")(hidden)
    return keras.Model(image, layers.Dense(options.classes)(ops.concatenate([hidden, square], 1)))


def shuffled(features: KerasTensor) -> KerasTensor:
    """The channels of each group, spread over all groups."""
    _, height, width, channels = features.shape
    apart = ops.reshape(features, (-1, height, width, GROUPS, channels // GROUPS))
    return ops.reshape(ops.transpose(apart, (0, 1, 2, 4, 3)), (-1, height, width, channels))
