"""The losses that a model may have, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from fixtures.models.description import Loss, ModelError
from harness.frameworks import losses
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import network

MEAN = "sum_over_batch_size"  # over the batch, by Keras' name


class OfOneOutput(losses.OfOneOutput):
    """What the losses by name have in common."""

    metrics: tuple[str, ...] = ()  # beside it, as Keras' users have them

    def picked(self, outputs: Any) -> Any:
        """The output that the loss is taken of. Raises ModelError where it is not told."""
        found = network.named(network.wide(outputs))
        return found[self.chosen(found)]

    def expect_shape(self, target: Any, shape: Any) -> None:
        """Raises ModelError for a target that TensorFlow would spread over the outputs, or could not."""
        self.expect_one(target)
        if not target.shape.is_compatible_with(shape):
            ours, theirs = list(target.shape[1:]), list(shape[1:])
            said = f"an item of the target has shape {ours} in Keras, where the output wants {theirs}"
            raise ModelError(f"{self.file}: {said}: change the one or the other")


class CrossEntropy(OfOneOutput):
    """Of logits, classes on their last axis, and the number of each one's class."""

    metrics = ("accuracy",)

    def mean(self, outputs: Any, targets: Any) -> Any:
        """Over the batch, in float32 whatever the network's precision; in float64 where the network is."""
        logits = self.picked(outputs)
        self.expect_shape(targets, logits.shape[:-1])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))

    def of_items(self, outputs: Any, targets: Any) -> tuple[Any, Any]:
        """Each item's loss, and whether it was recognised."""
        logits = self.picked(outputs)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits), tf.argmax(logits, 1) == targets

    def of_items_after_softmax(self, probabilities: Any, targets: Any) -> tuple[Any, Any]:
        return keras.losses.sparse_categorical_crossentropy(targets, probabilities), tf.argmax(probabilities, 1) == targets

    def stock(self, softmax: bool, reduction: str | None = MEAN) -> Any:
        """As Keras' users have it. softmax: whether the network ends in one. reduction: None gives each item's."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=not softmax, reduction=reduction)


class BinaryCrossEntropy(OfOneOutput):
    """Of logits, and targets between 0 and 1 of their shape."""

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`."""
        logits = self.picked(outputs)
        self.expect_shape(targets, logits.shape)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(targets, logits.dtype), logits))

    def stock(self, softmax: bool, reduction: str | None = MEAN) -> Any:  # noqa: ARG002 the network's outputs are logits
        """As `CrossEntropy.stock`."""
        return keras.losses.BinaryCrossentropy(from_logits=True, reduction=reduction)


class MeanSquaredError(OfOneOutput):
    """Of outputs, and targets of their shape."""

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`."""
        output = self.picked(outputs)
        self.expect_shape(targets, output.shape)
        return tf.reduce_mean(tf.math.squared_difference(output, tf.cast(targets, output.dtype)))

    def stock(self, softmax: bool, reduction: str | None = MEAN) -> Any:  # noqa: ARG002 there is none
        """As `CrossEntropy.stock`."""
        return keras.losses.MeanSquaredError(reduction=reduction)


class Own:
    """The user's, out of the model's file."""

    metrics: tuple[str, ...] = ()

    def __init__(self, setup: Setup) -> None:
        self._file, self._loss = setup.model.file(network.FRAMEWORK), losses.of_the_user(setup, network.FRAMEWORK)

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`; outputs are in the structure that the network gives them in."""
        found = tf.convert_to_tensor(self._loss(network.wide(outputs), targets))
        if found.shape.rank != 0:
            mend = "return a scalar, such as the mean over the batch"
            raise ModelError(f"{self._file}: loss(outputs, targets) gives a tensor of shape {list(found.shape)}: {mend}")
        return found


AnyLoss = CrossEntropy | BinaryCrossEntropy | MeanSquaredError | Own
LOSSES: dict[Loss, Callable[[Setup], AnyLoss]] = {
    Loss.CROSS_ENTROPY: CrossEntropy,
    Loss.BINARY_CROSS_ENTROPY: BinaryCrossEntropy,
    Loss.MEAN_SQUARED_ERROR: MeanSquaredError,
    Loss.OWN: Own,
}


def loss_of(setup: Setup) -> AnyLoss:
    return LOSSES[setup.model.description.loss](setup)


def loss_of_classes(setup: Setup) -> CrossEntropy:
    """Of a job that counts what is recognised. Raises ModelError for a model that recognises nothing."""
    losses.expect_classes(setup)
    return CrossEntropy(setup)
