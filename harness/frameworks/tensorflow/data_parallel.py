"""Data-parallel training by tf.distribute: MultiWorkerMirroredStrategy, over NCCL on GPUs and TensorFlow's own rings on CPUs."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from harness.frameworks.tensorflow import batches, compiler, device, network
from harness.frameworks.tensorflow.training import TrainStep, dense, is_compiled, norm_of

_STRATEGY: list[Any] = []  # of this process, once it has joined: it cannot leave, and no second one can be made


def join(rank: Rank) -> None:
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(rank.addresses)}, "task": {"type": "worker", "index": rank.number}})
    kind = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(
        timeout_seconds=rank.timeout_seconds, implementation=kind.NCCL if device.gpus() else kind.RING
    )
    _STRATEGY.append(tf.distribute.MultiWorkerMirroredStrategy(communication_options=options))


def data_parallel(setup: Setup) -> DataParallelStep:
    with _STRATEGY[0].scope():
        work = DataParallelStep(setup, _STRATEGY[0])
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class DataParallelStep(TrainStep):
    """A loop of one's own, as TensorFlow's guide has it: Keras 3's `fit` does not work with this strategy.

    The exchange is TensorFlow's own whatever compiles the step: XLA's part is what comes before it.
    """

    def __init__(self, setup: Setup, strategy: Any) -> None:
        self._strategy = strategy
        super().__init__(setup)
        self._gradients = tf.function(self._loss_and_gradients, jit_compile=True) if is_compiled(setup) else self._loss_and_gradients
        self._train = compiler.compiled(self._train_by_all, functools.partial(setattr, self, "_train"), by_xla=False)
        self.exchanged_bytes = sum(variable.shape.num_elements() * variable.dtype.size for variable in self._values())

    def gradient_norm(self) -> float:
        gradients = [each for each in dense(self._gradients_on(self.inputs, self.targets)) if each is not None]
        return norm_of(_summed(self._strategy, gradients)) / int(self._strategy.num_replicas_in_sync)

    def without_exchange(self) -> WithoutExchange:
        return WithoutExchange(self)

    def exchange(self) -> Exchange:
        return Exchange(self._strategy, self._values())

    def alone(self, inputs: Any, targets: Any) -> Any:
        """The step of this rank by itself."""
        return self._strategy.run(self._train_alone, args=(inputs, targets))

    def _train_by_all(self, inputs: Any, targets: Any) -> Any:
        return self._strategy.run(self._train_on, args=(inputs, targets))

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        loss, gradients = self._gradients(inputs, targets)
        everywhere = tf.distribute.get_replica_context()
        self.optimizer.apply(everywhere.all_reduce(tf.distribute.ReduceOp.MEAN, gradients), self._trained)
        return loss

    def _train_alone(self, inputs: Any, targets: Any) -> Any:
        loss, gradients = self._gradients(inputs, targets)
        self.optimizer.apply(gradients, self._trained)
        return loss

    def _loss_and_gradients(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.loss_function.mean(network.call(self.network, inputs, training=True), targets)
        return loss, dense(tape.gradient(loss, self._trained))

    def _values(self) -> list[Any]:
        return [variable.value for variable in self._trained]


class WithoutExchange:
    """The same step, each rank by itself."""

    def __init__(self, step: DataParallelStep) -> None:
        self._step = step
        self._train = tf.function(step.alone)

    def step(self) -> None:
        self._loss = self._train(self._step.inputs, self._step.targets)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._loss)

    def close(self) -> None:
        """The step is closed by its owner."""
        vars(self).clear()


class Exchange:
    """The sum of as many values as the gradients have, in the packs that the strategy makes of them."""

    def __init__(self, strategy: Any, values: list[Any]) -> None:
        self._values = [tf.zeros(value.shape, value.dtype) for value in values]
        self._sum = tf.function(functools.partial(_summed, strategy))

    def step(self) -> None:
        self._summed = self._sum(self._values)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(tf.reshape(self._summed[0], [-1])[0])

    def close(self) -> None:
        vars(self).clear()


def _summed(strategy: Any, values: list[Any]) -> Any:
    """Over all ranks."""

    def summed(values: list[Any]) -> Any:
        # Without an operation of its own on a value the strategy does not know on which device it is.
        placed = [tf.identity(value) for value in values]
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)

    return strategy.run(summed, args=(values,))
