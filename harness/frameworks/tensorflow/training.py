"""One optimiser step on a batch that stays on the device."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fixtures.models.weights import Weights
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.contract import TrainStep as AnyTrainStep
from harness.frameworks.tensorflow import device, network
from harness.frameworks.tensorflow.loss import loss_of
from harness.record.case import Execution
from harness.record.fairness import Source

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-7  # Keras' default; torch's is 1e-8


def train_step(setup: Setup) -> AnyTrainStep:
    work = TrainStep(setup) if Source.LOOP in setup.neutral else FitStep(setup)
    work.load(native(*setup.canonical_batch()))
    return work


def native(images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> NativeBatch:
    return tf.constant(images), tf.constant(labels)


class TrainStep:
    """A function of its own: the model's loss, Adam; no metric, no synchronisation."""

    def __init__(self, setup: Setup) -> None:
        self.network = network.build(setup)
        self._trained = self.network.trainable_variables
        self.loss_function = loss_of(setup.model)
        self._optimizer = optimizer(setup)
        self._optimizer.build(self._trained)
        self._train = tf.function(self._train_on, jit_compile=is_compiled(setup))
        self._gradients = tf.function(self._gradients_on, jit_compile=False)

    def load(self, batch: NativeBatch) -> None:
        with tf.device(device.placement()):
            self._images, self._labels = (tf.identity(tensor) for tensor in batch)

    def step(self) -> None:
        self.loss = self._train(self._images, self._labels)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self.loss)

    def gradient_norm(self) -> float:
        """Without the compiler: a measure of the network, not of the step."""
        return float(tf.linalg.global_norm(self._gradients(self._images, self._labels)))

    def weights(self) -> Weights:
        return network.weights(self.network)

    def close(self) -> None:
        vars(self).clear()
        free()

    def _train_on(self, images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.loss_function.mean(self.network(images, training=True), labels)
        self._optimizer.apply(tape.gradient(loss, self._trained), self._trained)
        return loss

    def _gradients_on(self, images: Any, labels: Any) -> Any:
        """Stateless: a training batch norm must not update its statistics."""
        with tf.GradientTape() as tape:
            logits, _ = self.network.stateless_call(self._trained, self.network.non_trainable_variables, images, training=True)
            loss = self.loss_function.mean(logits, labels)
        return tape.gradient(loss, self._trained)


class FitStep:
    """What `fit` does with each batch, its callbacks left out: `read_back` gives the mean loss since the start, as `fit` shows it."""

    def __init__(self, setup: Setup) -> None:
        self._network = compiled_for_fit(setup)
        self._network.make_train_function()
        self._train = self._network.train_function

    def load(self, batch: NativeBatch) -> None:
        with tf.device(device.placement()):
            self._batches = itertools.repeat(tuple(tf.identity(tensor) for tensor in batch))

    def step(self) -> None:
        self._logs = self._train(self._batches)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._logs["loss"])

    def gradient_norm(self) -> float:
        images, labels = next(self._batches)
        trained, others = self._network.trainable_variables, self._network.non_trainable_variables
        with tf.GradientTape() as tape:
            outputs, _ = self._network.stateless_call(trained, others, images, training=True)
            loss = tf.reduce_mean(self._network.loss(labels, outputs))
        return float(tf.linalg.global_norm(tape.gradient(loss, trained)))

    def weights(self) -> Weights:
        return network.weights(self._network)

    def close(self) -> None:
        vars(self).clear()
        free()


def compiled_for_fit(setup: Setup) -> Any:
    """The network, and what `fit` and `evaluate` do with it. By habit Keras chooses XLA wherever there is a GPU."""
    built, loss = network.build(setup), loss_of(setup.model)
    built.compile(
        optimizer=optimizer(setup),
        loss=loss.stock(setup.options.softmax),
        metrics=list(loss.metrics),
        jit_compile=is_compiled(setup) if Source.COMPILER in setup.neutral else "auto",
    )
    return built


def optimizer(setup: Setup) -> Any:
    return keras.optimizers.Adam(setup.experiment.learning_rate, beta_1=ADAM_BETAS[0], beta_2=ADAM_BETAS[1], epsilon=ADAM_EPSILON)


def is_compiled(setup: Setup) -> bool:
    """By XLA: where the case says so, or where Keras would by habit."""
    return setup.case.execution is Execution.COMPILED or (Source.COMPILER not in setup.neutral and bool(device.gpus()))


def free() -> None:
    """Gives back what is no longer referred to."""
    keras.backend.clear_session()
    gc.collect()
