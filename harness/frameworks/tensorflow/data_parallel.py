"""Data-parallel training by tf.distribute: MultiWorkerMirroredStrategy, over NCCL on GPUs and TensorFlow's own rings on CPUs."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import keras
import tensorflow as tf

from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from harness.frameworks.tensorflow import batches, compiler, device, exchanges, network
from harness.frameworks.tensorflow.loss import Own
from harness.frameworks.tensorflow.training import TrainStep, dense, norm_of
from harness.record.case import Execution
from harness.record.exchange import ACCUMULATED, SYNCHRONIZED
from harness.record.fairness import Source

_STRATEGY: list[Any] = []  # of this process, once it has joined: it cannot leave, and no second one can be made


def join(rank: Rank) -> None:
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(rank.addresses)}, "task": {"type": "worker", "index": rank.number}})
    kind = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(
        timeout_seconds=rank.timeout_seconds, implementation=kind.NCCL if device.gpus() else kind.RING
    )
    _STRATEGY.append(tf.distribute.MultiWorkerMirroredStrategy(communication_options=options))


def data_parallel(setup: Setup) -> DataParallelStep:
    kind = DataParallelStep if Source.LOOP in setup.neutral else GuideStep
    with _STRATEGY[0].scope():
        work = kind(setup, _STRATEGY[0])
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class DataParallelStep(TrainStep):
    """The train step, run by the strategy: each rank's share of the loss, and the gradients summed over all ranks before the optimiser.

    The exchange is TensorFlow's own whatever compiles the step: XLA's part is what comes before it.
    """

    def __init__(self, setup: Setup, strategy: Any) -> None:
        super().__init__(setup)
        exchange, is_compiled = setup.case.exchange, setup.case.execution is Execution.COMPILED
        self.strategy, self.options = strategy, exchanges.options(exchange)
        self._norms = exchanges.synchronized(setup, self.network) if exchange == SYNCHRONIZED else []
        self._parts = exchanges.expect_parts(setup) if exchange == ACCUMULATED else 1
        part = compiler.part_by_xla(self._of_part) if is_compiled else self._of_part
        self._loss_and_gradients = functools.partial(exchanges.accumulated, part) if exchange == ACCUMULATED else part
        self.traced = compiler.compiled_within if is_compiled else functools.partial(compiler.compiled, by_xla=False)
        self._train = self.traced(self._train_by_all, functools.partial(setattr, self, "_train"))
        self.exchanged = exchanges.statistics(self._norms) + self._sums()
        self.exchanged_bytes = sum(each.shape.num_elements() * each.dtype.size for sum in self.exchanged for each in sum)

    def gradient_norm(self) -> float:
        by_all = tf.function(
            lambda *batch: self.strategy.run(self._summed_gradients, args=batch)
        )  # layer by layer each would be exchanged alone
        return norm_of(by_all(self.inputs, self.targets))

    def without_exchange(self) -> WithoutExchange:
        return WithoutExchange(self)

    def exchange(self) -> Exchange:
        return Exchange(self)

    def alone(self, inputs: Any, targets: Any) -> Any:
        """The step of this rank by itself: outside of the strategy there are no others, and every sum over all ranks is of one."""
        return self._train_on(inputs, targets)

    def _train_by_all(self, inputs: Any, targets: Any) -> Any:
        return self.strategy.run(self._train_on, args=(inputs, targets))

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        share, gradients = self._loss_and_gradients(inputs, targets)
        with exchanges.without_its_own(self.optimizer):
            self.optimizer.apply(exchanges.summed(gradients, self.options), self._trained)
        return share * exchanges.ranks()

    def _of_part(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            share = self._loss(network.call(self.network, inputs, training=True), targets) / self._parts
        return share, self._gradients_of(tape, share)

    def _loss(self, outputs: Any, targets: Any) -> Any:
        """The share of the whole batch's loss that these have: those of all ranks add up to it, and so do their gradients."""
        return super()._loss(outputs, targets) / exchanges.ranks()

    def _summed_gradients(self, inputs: Any, targets: Any) -> Any:
        return exchanges.summed(dense(self._gradients_on(inputs, targets)), self.options)

    def _gradients_of(self, tape: Any, share: Any) -> list[Any]:
        return dense(tape.gradient(share, self._trained))

    def _sums(self) -> list[list[Any]]:
        """What is summed at once, after the backward pass."""
        return [[variable.value for variable in self._trained]]


class GuideStep(DataParallelStep):
    """As TensorFlow's guides write a training loop of one's own with this strategy, with which Keras 3's `fit` does not work.

    Keras' optimiser sums the gradients itself. A metric is kept in the graph; `read_back` gives the loss of all ranks, summed in each step.
    """

    def __init__(self, setup: Setup, strategy: Any) -> None:
        super().__init__(setup, strategy)
        loss = self.loss_function
        self._of_items = None
        if not isinstance(loss, Own) and not setup.model.description.output:
            self._of_items = loss.stock(network.ends_in_softmax(setup), reduction=None)
        self._metrics = [keras.metrics.SparseCategoricalAccuracy() for _ in loss.metrics]

    def _train_by_all(self, inputs: Any, targets: Any) -> Any:
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, super()._train_by_all(inputs, targets), axis=None)

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        loss, gradients = self._loss_and_gradients(inputs, targets)
        self.optimizer.apply(gradients, self._trained)
        return loss

    def _of_part(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network.call(self.network, inputs, training=True)
            loss = self._loss(outputs, targets)
        for metric in self._metrics:
            metric.update_state(targets, outputs)
        return loss, tape.gradient(loss, self._trained)

    def _loss(self, outputs: Any, targets: Any) -> Any:
        if self._of_items is None:
            return super()._loss(outputs, targets)
        of_items = self._of_items(targets, outputs)
        loss = tf.nn.compute_average_loss(tf.reduce_mean(of_items, range(1, len(of_items.shape))))
        return loss + tf.nn.scale_regularization_loss(tf.add_n(self.network.losses)) if self.network.losses else loss

    def _sums(self) -> list[list[Any]]:
        return [*super()._sums(), [tf.zeros([])]]


class WithoutExchange:
    """The same step, each rank by itself."""

    def __init__(self, step: DataParallelStep) -> None:
        self._step = step
        self._train = step.traced(step.alone, functools.partial(setattr, self, "_train"))

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
    """The sums over all ranks of as many values as a step exchanges: at once what it sums at once, in the packs that the strategy makes."""

    def __init__(self, step: DataParallelStep) -> None:
        self._strategy, self._options = step.strategy, step.options
        self._values = [[tf.zeros(value.shape, value.dtype) for value in values] for values in step.exchanged]
        self._sum = compiler.compiled(self._sum_by_all, functools.partial(setattr, self, "_sum"), by_xla=False)

    def step(self) -> None:
        self._summed = self._sum(self._values)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(tf.reshape(self._summed[-1], [-1])[0])

    def close(self) -> None:
        vars(self).clear()

    def _sum_by_all(self, values: list[list[Any]]) -> Any:
        return self._strategy.run(self._in_turn, args=(values,))

    def _in_turn(self, values: list[list[Any]]) -> Any:
        found: list[Any] = []
        for at_once in values:
            with tf.control_dependencies(found):
                found = exchanges.summed(at_once, self._options)
        return found
