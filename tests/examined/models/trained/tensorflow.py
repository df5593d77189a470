"""The small network in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options


def network(options: Options) -> keras.Model:
    image = keras.Input([16, 16, 3], name="image")
    stem = layers.Conv2D(8, 3, use_bias=False)(image)
    features = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(stem))
    pooled = layers.Flatten()(layers.AveragePooling2D(7)(features))
    hidden = layers.Dense(16, activation="tanh")(pooled)
    return keras.Model(image, layers.Dense(options.classes)(hidden))


def loss(logits: KerasTensor, label: KerasTensor) -> KerasTensor:
    return ops.mean(keras.losses.sparse_categorical_crossentropy(label, logits, from_logits=True))


def optimizer() -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(1e-3, epsilon=1e-12, weight_decay=0.05)
