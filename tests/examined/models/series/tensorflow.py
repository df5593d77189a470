"""Recurrent layers of all kinds, in Keras."""

from __future__ import annotations

import keras
from keras import layers, ops

from fixtures.models.options import Options


def network(options: Options) -> keras.Model:
    series = keras.Input([7, 6], name="series")
    states = layers.GRU(8, return_sequences=True)(layers.Dense(8)(series))
    mean = ops.mean(states, 1)
    hidden, cell = layers.Dense(9)(mean), layers.Dense(9)(mean)
    states = layers.LSTM(9, return_sequences=True)(states, initial_state=[hidden, cell])
    states = layers.SimpleRNN(8, return_sequences=True)(states)
    states = layers.Bidirectional(layers.LSTM(5))(states)
    return keras.Model(series, layers.Dense(4)(states))
