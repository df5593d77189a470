"""Patches of an image as a sequence, in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options


def network(options: Options) -> keras.Model:
    image = keras.Input([16, 16, 3], name="image")
    features = layers.GroupNormalization(4, epsilon=1e-5)(layers.Conv2D(16, 4, strides=4)(image))
    features = layers.Conv2D(16, 3)(ops.pad(features, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect"))
    states = layers.Reshape([16, 16])(layers.BatchNormalization(epsilon=1e-5)(features))
    inner = layers.LayerNormalization(epsilon=1e-5)(states)
    inner = layers.Dense(32, activation=gelu)(inner)
    states = layers.LayerNormalization(epsilon=1e-6)(states + layers.Dense(16)(inner))
    compared = layers.Dense(16)(states - ops.mean(states, 1, keepdims=True))
    return keras.Model(image, layers.Dense(options.classes)(ops.relu(compared[:, -1])))


def gelu(states: KerasTensor) -> KerasTensor:
    return ops.gelu(states, approximate=True)
