"""Tokens with two kinds of positions, attention that is written out, and causal attention as a layer, in Keras."""

from __future__ import annotations

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options

LENGTH, FEATURES, HEADS, SIZE = 12, 16, 2, 8


def network(options: Options) -> keras.Model:
    tokens = keras.Input([LENGTH], dtype="int64", name="tokens")
    mask = keras.Input([LENGTH], dtype="bool", name="mask")
    states = layers.Embedding(24, FEATURES)(tokens) * 4.0
    states = ops.where(ops.expand_dims(mask, -1), states, 0.0)
    states = Places()(states)
    states = norm()(states + ops.cast(waves(), states.dtype))
    states = norm()(states + layers.Dropout(0.1)(written(states, mask)))
    attended = layers.MultiHeadAttention(HEADS, SIZE)(states, states, use_causal_mask=True)
    states = norm()(states + attended)
    return keras.Model([tokens, mask], layers.Dense(options.classes)(ops.mean(states, 1)))


def written(states: KerasTensor, mask: KerasTensor) -> KerasTensor:
    query, key, value = heads(layers.Dense(FEATURES)(states)), heads(layers.Dense(FEATURES)(states)), heads(layers.Dense(FEATURES)(states))
    scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / SIZE**0.5
    weights = ops.softmax(ops.where(mask[:, None, None], scores, -1e9), axis=-1)
    joined = ops.reshape(ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3)), (-1, LENGTH, FEATURES))
    return layers.Dense(FEATURES)(joined)


def heads(values: KerasTensor) -> KerasTensor:
    return ops.transpose(ops.reshape(values, (-1, LENGTH, HEADS, SIZE)), (0, 2, 1, 3))


def norm() -> layers.Layer:
    return layers.LayerNormalization(epsilon=1e-5)


@keras.saving.register_keras_serializable("sentences")
class Places(layers.Layer):  # type: ignore[misc]
    """Adds what is learnt of each place."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.places = self.add_weight((LENGTH + 2, shape[-1]), name="places")

    def call(self, states: KerasTensor) -> KerasTensor:
        return states + self.places[1 : LENGTH + 1]


def waves() -> np.ndarray:
    """Sines and cosines in turn, of each place."""
    places = np.arange(LENGTH)[:, None]
    rates = 100.0 ** (-np.arange(0, FEATURES, 2) / FEATURES)
    return np.stack([np.sin(places * rates), np.cos(places * rates)], -1).reshape(LENGTH, FEATURES)
