"""One optimiser step on a batch that stays on the device."""

from __future__ import annotations

import functools
import gc
import itertools
from typing import Any

import keras
import tensorflow as tf

from fixtures.models.description import ModelError, Optimizer
from fixtures.models.weights import Weights
from harness.frameworks import optimizers
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.contract import TrainStep as AnyTrainStep
from harness.frameworks.tensorflow import batches, compiler, device, network
from harness.frameworks.tensorflow.loss import Own, loss_of
from harness.record.case import Execution
from harness.record.fairness import Source

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-7  # Keras' default; torch's is 1e-8


def train_step(setup: Setup) -> AnyTrainStep:
    work = TrainStep(setup) if Source.LOOP in setup.neutral else FitStep(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class TrainStep:
    """A function of its own: the model's loss, Adam; no metric, no synchronisation."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.network = network.build(setup)
        self._trained = self.network.trainable_variables
        self.loss_function = loss_of(setup)
        self.optimizer = optimizer(setup)
        self.optimizer.build(self._trained)
        self._train = compiler.compiled(self._train_on, functools.partial(setattr, self, "_train"), is_compiled(setup))

    def load(self, batch: NativeBatch) -> None:
        self.inputs, self.targets = batches.on_device(batch)

    def step(self) -> None:
        self.loss = self._train(self.inputs, self.targets)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self.loss)

    def gradient_norms(self) -> tuple[float, ...]:
        """Layer by layer: a measure of the network, not of the step, and no second graph to trace."""
        return norms_of(self._gradients_on(self.inputs, self.targets))

    def weights(self) -> Weights:
        return network.weights(self._setup, self.network)

    def trained(self) -> frozenset[str]:
        return network.trained(self._setup, self.network)

    def close(self) -> None:
        vars(self).clear()
        free()

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._loss(network.call(self.network, inputs, training=True), targets)
        self.optimizer.apply(dense(tape.gradient(loss, self._trained)), self._trained)
        return loss

    def _gradients_on(self, inputs: Any, targets: Any) -> Any:
        """Stateless: a training batch norm must not update its statistics."""
        with tf.GradientTape() as tape:
            outputs, _ = self.network.stateless_call(self._trained, self.network.non_trainable_variables, inputs, training=True)
            loss = self._loss(outputs, targets)
        return tape.gradient(loss, self._trained)

    def _loss(self, outputs: Any, targets: Any) -> Any:
        return self.loss_function.mean(outputs, targets)


class FitStep:
    """What `fit` does with each batch, its callbacks left out: `read_back` gives the mean loss since the start, as `fit` shows it."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._network = compiled_for_fit(setup)
        self._network.make_train_function()
        self._train = self._network.train_function

    def load(self, batch: NativeBatch) -> None:
        self._batches = itertools.repeat(batches.on_device(batch))

    def step(self) -> None:
        self._logs = self._train(self._batches)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._logs["loss"])

    def gradient_norms(self) -> tuple[float, ...]:
        inputs, targets = next(self._batches)
        trained, others = self._network.trainable_variables, self._network.non_trainable_variables
        with tf.GradientTape() as tape:
            outputs, _ = self._network.stateless_call(trained, others, inputs, training=True)
            loss = tf.reduce_mean(self._network.compute_loss(inputs, targets, outputs))
        return norms_of(tape.gradient(loss, trained))

    def weights(self) -> Weights:
        return network.weights(self._setup, self._network)

    def trained(self) -> frozenset[str]:
        return network.trained(self._setup, self._network)

    def close(self) -> None:
        vars(self).clear()
        free()


def dense(gradients: Any) -> list[Any]:
    """Those of embeddings too, which come as a row for each token read. Keras' optimisers take such rows as they are, and the square of
    a token's gradient that is read twice is then not that of the sum: after a step the weights are a tenth apart from PyTorch's.
    """
    return [tf.convert_to_tensor(each) if isinstance(each, tf.IndexedSlices) else each for each in gradients]


def norms_of(gradients: Any) -> tuple[float, ...]:
    """A tensor that the loss does not depend on has none."""
    return tuple(float(tf.norm(each)) for each in dense(gradients) if each is not None)


def compiled_for_fit(setup: Setup) -> Any:
    """The network, and what `fit` and `evaluate` do with it. By habit Keras chooses XLA wherever there is a GPU."""
    built, loss = network.build(setup), loss_of(setup)
    jit_compile = is_compiled(setup) if Source.COMPILER in setup.neutral else "auto"
    if isinstance(loss, Own) or setup.model.description.output:  # Keras' own way would ask for a loss of each output
        built.compile(optimizer=optimizer(setup), jit_compile=jit_compile)
        built.compute_loss = lambda x=None, y=None, y_pred=None, sample_weight=None, training=True: loss.mean(y_pred, y)  # noqa: ARG005
        return built
    stock = loss.stock(network.ends_in_softmax(setup))
    built.compile(optimizer=optimizer(setup), loss=stock, metrics=list(loss.metrics), jit_compile=jit_compile)
    return built


def optimizer(setup: Setup) -> Any:
    """The model's own, or Adam. Raises ModelError for one of the model's own that is none."""
    if setup.model.description.optimizer is Optimizer.OWN:
        return _of_the_user(setup)
    return keras.optimizers.Adam(setup.experiment.learning_rate, beta_1=ADAM_BETAS[0], beta_2=ADAM_BETAS[1], epsilon=ADAM_EPSILON)


def _of_the_user(setup: Setup) -> Any:
    made = optimizers.of_the_user(setup, network.FRAMEWORK)()
    if not isinstance(made, keras.optimizers.Optimizer):
        file = setup.model.file(network.FRAMEWORK)
        raise ModelError(f"{file}: optimizer() gives a {type(made).__name__}: return a keras.optimizers.Optimizer")
    return made


def is_compiled(setup: Setup) -> bool:
    """By XLA: where the case says so, or where Keras would by habit."""
    return setup.case.execution is Execution.COMPILED or (Source.COMPILER not in setup.neutral and bool(device.gpus()))


def free() -> None:
    """Gives back what is no longer referred to."""
    keras.backend.clear_session()
    gc.collect()
