"""The losses that a model may have, by name."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from fixtures import models
from fixtures.models import Loss


class CrossEntropy:
    """Of logits, and a label for each item."""

    metrics = ("accuracy",)  # beside it, as Keras' users have them

    def mean(self, logits: Any, labels: Any) -> Any:
        """Over the batch, in float32 whatever the network's precision."""
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(logits, tf.float32)))

    def of_items(self, logits: Any, labels: Any) -> tuple[Any, Any]:
        """Each item's loss, and whether it was recognised."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits), tf.argmax(logits, 1) == labels

    def of_items_after_softmax(self, probabilities: Any, labels: Any) -> tuple[Any, Any]:
        return keras.losses.sparse_categorical_crossentropy(labels, probabilities), tf.argmax(probabilities, 1) == labels

    def stock(self, softmax: bool) -> Any:
        """As Keras' users have it. softmax: whether the network ends in one."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=not softmax)


LOSSES = {Loss.CROSS_ENTROPY: CrossEntropy()}


def loss_of(model: str) -> CrossEntropy:
    return LOSSES[models.load(model).loss]
