"""Models in models, subclassed and functional, and a layer that is called twice, in Keras."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers, ops

from fixtures.models.options import Options


@keras.saving.register_keras_serializable("nested")
class Block(layers.Layer):  # type: ignore[misc]
    """Its convolution is computed twice, with one norm behind each time."""

    def __init__(self, channels: int, **of_a_layer: object) -> None:
        super().__init__(**of_a_layer)
        self.twice = layers.Conv2D(channels, 3, padding="same", use_bias=False)
        self.norm = layers.BatchNormalization(epsilon=1e-5)

    def call(self, features: KerasTensor, training: bool | None = None) -> KerasTensor:
        inner = ops.relu(self.norm(self.twice(features), training=training))
        inner = self.norm(self.twice(inner), training=training)
        return ops.relu(inner + features)


@keras.saving.register_keras_serializable("nested")
class Nested(keras.Model):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.stem = keras.Sequential(
            [layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(epsilon=1e-5), layers.ReLU(1), layers.AveragePooling2D(2)]
        )
        self.soft = keras.Sequential([layers.ZeroPadding2D(1), layers.AveragePooling2D(3, strides=1)])
        self.stages = [Block(8), Block(8)]
        self.head = head(options)

    def call(self, image: KerasTensor, training: bool | None = None) -> KerasTensor:
        features = self.soft(self.stem(image, training=training))
        for stage in self.stages:
            features = stage(features, training=training)
        return self.head(features, training=training)


def head(options: Options) -> keras.Model:
    features = keras.Input([8, 8, 8])
    down = layers.Conv2D(12, 3, strides=2, activation="silu")(features)
    pooled = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2, padding="same")(down))
    pooled = layers.Dense(12, activation="elu")(pooled)
    left, right = layers.Dense(6, activation="sigmoid")(pooled), layers.Dense(6)(pooled)
    return keras.Model(features, layers.Dense(options.classes)(ops.concatenate([left * right, right], -1)))


def network(options: Options) -> keras.Model:
    return Nested(options)
