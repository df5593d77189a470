"""Words, of which 0 is one like any other, in Keras."""

from __future__ import annotations

import keras
from keras import layers

from fixtures.models.options import Options


def network(options: Options) -> keras.Model:
    return Words(options)


@keras.saving.register_keras_serializable("words")
class Words(keras.Model):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.words = layers.Embedding(6, 12)
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = layers.MultiHeadAttention(3, 4)
        self.mean = layers.GlobalAveragePooling1D()
        self.classes = layers.Dense(options.classes)

    def call(self, words: keras.KerasTensor) -> keras.KerasTensor:
        states = self.norm(self.words(words))
        return self.classes(self.mean(self.attention(states, states)))
