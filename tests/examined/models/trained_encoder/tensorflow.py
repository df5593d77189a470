"""The text encoder that ships, with a loss and an optimiser of its own, in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, ops

from fixtures.models.text_encoder.tensorflow import network as network


def loss(logits: KerasTensor, topic: KerasTensor) -> KerasTensor:
    return ops.mean(keras.losses.sparse_categorical_crossentropy(topic, logits, from_logits=True))


def optimizer() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(1e-3)
