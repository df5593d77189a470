"""The whole job: epochs of training, each followed by a validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.job import FineTuning
from harness.frameworks.tensorflow import data, network
from harness.frameworks.tensorflow.loss import loss_of_classes
from harness.frameworks.tensorflow.training import TrainStep, compiled_for_fit, free, is_compiled
from harness.record.case import Style


def fine_tuning(setup: Setup) -> FineTuning:
    return StockFineTuning(setup) if setup.case.style is Style.STOCK else MatchedFineTuning(setup)


class MatchedFineTuning:
    """The steps of the train step phase, fed as in the data phase; losses stay on the device until an epoch ends.

    Each epoch begins with empty buffers: what were loaded between two epochs would be loaded for nothing.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._steps = TrainStep(setup)
        self._training = data.training(setup)
        self._validation = data.validation(setup)
        self._loss = loss_of_classes(setup)
        self._judge = tf.function(self._judged, jit_compile=is_compiled(setup), reduce_retracing=True)
        self.training_images = len(setup.training_files().paths) // setup.case.batch_size * setup.case.batch_size
        self.validation_images = len(setup.validation_files().paths)

    def train(self) -> float:
        losses = []
        for batch in data.checked(self._setup, self._training):
            self._steps.load(batch)
            self._steps.step()
            losses.append(self._steps.loss)
        return float(tf.reduce_mean(tf.stack(losses)))

    def validate(self) -> tuple[float, float]:
        losses, correct = self.validation_losses()
        return float(losses.mean()), float(correct.mean())

    def validation_losses(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        batches = [self._judge(*batch) for batch in data.checked(self._setup, self._validation)]
        losses, correct = (tf.concat(parts, 0).numpy() for parts in zip(*batches, strict=True))
        return losses, correct

    def close(self) -> None:
        if vars(self):
            self._steps.close()
        vars(self).clear()
        free()

    def _judged(self, images: Any, labels: Any) -> tuple[Any, Any]:
        return self._loss.of_items(network.call(self._steps.network, images, training=False), labels)


class StockFineTuning:
    """`fit` and `evaluate`, an epoch at a time; the network ends in a softmax."""

    def __init__(self, setup: Setup) -> None:
        self._loss = loss_of_classes(setup)
        self._ends_in_softmax = network.ends_in_softmax(setup)
        self._network = compiled_for_fit(setup)
        (self._training, self.training_images), (self._validation, self.validation_images) = data.stock_datasets(setup)
        self._epochs = 0

    def train(self) -> float:
        history = self._network.fit(self._training, initial_epoch=self._epochs, epochs=self._epochs + 1, verbose=0)
        self._epochs += 1
        return float(history.history["loss"][0])

    def validate(self) -> tuple[float, float]:
        loss, accuracy = self._network.evaluate(self._validation, verbose=0)
        return loss, accuracy

    def validation_losses(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        of_items = self._loss.of_items_after_softmax if self._ends_in_softmax else self._loss.of_items
        batches = [of_items(self._network(images, training=False), labels) for images, labels in self._validation]
        losses, correct = (tf.concat(parts, 0).numpy() for parts in zip(*batches, strict=True))
        return losses, correct

    def close(self) -> None:
        vars(self).clear()
        free()
