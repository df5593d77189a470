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
from harness.frameworks.tensorflow import batches, compiler, device, network, summing, synchronized
from harness.frameworks.tensorflow.loss import Own
from harness.frameworks.tensorflow.training import TrainStep, dense, norms_of
from harness.record.case import Execution
from harness.record.exchange import ACCUMULATED, PARTS, SYNCHRONIZED
from harness.record.fairness import Source

PACK_BYTES = {"packs_1_mib": 2**20, "packs_100_mib": 100 * 2**20}  # of an exchange of the listing; by itself a strategy makes one pack

_STRATEGY: list[Any] = []  # of this process, once it has joined: it cannot leave, and no second one can be made


def join(rank: Rank) -> None:
    """Exchanges have no timeout of TensorFlow's: for each of them it starts two threads that sleep until then, whatever becomes of it
    (tensorflow#62466). With one of 600 seconds an exchange of 4 MB took 1.5 times as long here, and 265 exchanges a step, of
    53 synchronized batch norms, used up the threads that Linux gives. Who waits for a rank that is gone is ended by the crew.
    """
    rank.direct_nccl()
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(rank.addresses)}, "task": {"type": "worker", "index": rank.number}})
    kind = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(implementation=kind.NCCL if device.gpus() else kind.RING)
    _STRATEGY.append(tf.distribute.MultiWorkerMirroredStrategy(communication_options=options))


def data_parallel(setup: Setup) -> DataParallelStep:
    kind = AccumulatedStep if setup.case.exchange == ACCUMULATED else DataParallelStep if Source.LOOP in setup.neutral else GuideStep
    with _STRATEGY[0].scope():
        work = kind(setup, _STRATEGY[0])
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class DataParallelStep(TrainStep):
    """The train step, run by the strategy: each rank's share of the loss, and the gradients summed over all ranks before the optimiser.

    XLA compiles what comes before the exchange, which is TensorFlow's own. Exchanged bytes are the gradients', for synchronized batch norms
    their statistics' and those of the gradients of these, and where a guide's loop sums the loss, its.
    """

    def __init__(self, setup: Setup, strategy: Any) -> None:
        super().__init__(setup)
        self.strategy = strategy
        self.options = None
        if setup.case.exchange in PACK_BYTES:
            self.options = tf.distribute.experimental.CommunicationOptions(bytes_per_pack=PACK_BYTES[setup.case.exchange])
        if setup.case.exchange == SYNCHRONIZED:
            synchronized.convert(setup, self.network)
        self.pass_both_ways: Any = self._pass_both_ways
        self.traced: Any = functools.partial(compiler.compiled, by_xla=False)
        if setup.case.execution is Execution.COMPILED:
            self.pass_both_ways, self.traced = compiler.part_by_xla(self._pass_both_ways), compiler.compiled_within
        self._train = self.traced(self._train_by_all, functools.partial(setattr, self, "_train"))

    @functools.cached_property
    def exchanged(self) -> list[list[list[Any]]]:
        """What a step sums over all ranks: in turn, side by side, together."""
        gradients = [tf.TensorSpec(variable.shape, variable.dtype) for variable in self._trained]
        return [*synchronized.statistics(self.network), [gradients]]

    @property
    def exchanged_bytes(self) -> int:
        return sum(summing.size_bytes(value) for turn in self.exchanged for together in turn for value in together)

    def gradient_norms(self) -> tuple[float, ...]:
        """As a graph: layer by layer each gradient would be exchanged by itself."""
        of_all = tf.function(functools.partial(self.strategy.run, self._summed_gradients))
        return norms_of(of_all(args=(self.inputs, self.targets)))

    def without_exchange(self) -> WithoutExchange:
        return WithoutExchange(self)

    def exchange(self) -> Exchange:
        return Exchange(self)

    def alone(self, inputs: Any, targets: Any) -> Any:
        """The step of this rank by itself: outside of the strategy there is no other one, and every sum over all ranks is of one. A part
        that XLA has compiled is the one of the step: its loss is the rank's share.
        """
        return self._train_on(inputs, targets)

    def _train_by_all(self, inputs: Any, targets: Any) -> Any:
        return self.strategy.run(self._train_on, args=(inputs, targets))

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        share, gradients = self._loss_and_gradients(inputs, targets)
        with summing.summed_already(self.optimizer):
            self.optimizer.apply(summing.summed(gradients, self.options), self._trained)
        return share * summing.ranks()

    def _loss_and_gradients(self, inputs: Any, targets: Any) -> Any:
        return self.pass_both_ways(inputs, targets)

    def _pass_both_ways(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._loss(network.call(self.network, inputs, training=True), targets)
        return loss, dense(tape.gradient(loss, self._trained))

    def _loss(self, outputs: Any, targets: Any) -> Any:
        """The rank's share: those of all ranks add up to the mean over the batch, and their gradients to its gradient."""
        return super()._loss(outputs, targets) / summing.ranks()

    def _summed_gradients(self, inputs: Any, targets: Any) -> Any:
        return summing.summed(dense(self._gradients_on(inputs, targets)), self.options)


class AccumulatedStep(DataParallelStep):
    """The gradients of parts of the rank's batch are summed, and exchanged once. The parts come one after the other: for less memory."""

    def _loss_and_gradients(self, inputs: Any, targets: Any) -> Any:
        losses, sums = [], [None for _ in self._trained]
        for part in zip(_split(inputs), _split(targets), strict=True):
            with tf.control_dependencies([each for each in sums if each is not None]):
                loss, gradients = self.pass_both_ways(*(batches.each_of(each, tf.identity) for each in part))
            losses.append(loss)
            sums = [each if so_far is None else so_far + each for so_far, each in zip(sums, gradients, strict=True)]
        return tf.add_n(losses), sums

    def _loss(self, outputs: Any, targets: Any) -> Any:
        return super()._loss(outputs, targets) / PARTS

    def _gradients_on(self, inputs: Any, targets: Any) -> Any:
        by_part = [dense(super(AccumulatedStep, self)._gradients_on(*part)) for part in zip(_split(inputs), _split(targets), strict=True)]
        return [None if gradients[0] is None else tf.add_n(gradients) for gradients in zip(*by_part, strict=True)]


class GuideStep(DataParallelStep):
    """As TensorFlow's guides write a training loop of one's own with this strategy, with which Keras 3's `fit` does not work.

    Keras' optimiser sums the gradients itself. A metric is kept in the graph. `read_back` gives the loss of all ranks: each step sums it.
    XLA has no part in it, on a GPU either: Keras chooses it for `fit` alone.
    """

    def __init__(self, setup: Setup, strategy: Any) -> None:
        super().__init__(setup, strategy)
        self._of_items = None
        if not isinstance(self.loss_function, Own) and not setup.model.description.output:
            self._of_items = self.loss_function.stock(network.ends_in_softmax(setup), reduction=None)
        self._metrics = self._made_metrics()

    @functools.cached_property
    def exchanged(self) -> list[list[list[Any]]]:
        """An embedding's gradient has a row for each token that is read: the rows of all ranks are gathered, not summed."""
        by_all = tf.function(functools.partial(self.strategy.run, self._pass_with_outputs))
        *_, gradients = by_all.get_concrete_function(args=(self.inputs, self.targets)).structured_outputs
        return [[[each for each in gradients if each is not None]], [[tf.TensorSpec([])]]]

    def without_exchange(self) -> WithoutExchange:
        """With metrics of its own: one of the strategy's is summed over all ranks where it is changed outside of the strategy."""
        self._own_metrics = self._made_metrics()
        return super().without_exchange()

    def alone(self, inputs: Any, targets: Any) -> Any:
        return self._train_and_count(inputs, targets, self._own_metrics)

    def _made_metrics(self) -> list[Any]:
        return [keras.metrics.SparseCategoricalAccuracy() for _ in self.loss_function.metrics]

    def _train_by_all(self, inputs: Any, targets: Any) -> Any:
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, super()._train_by_all(inputs, targets), axis=None)

    def _train_on(self, inputs: Any, targets: Any) -> Any:
        return self._train_and_count(inputs, targets, self._metrics)

    def _train_and_count(self, inputs: Any, targets: Any, metrics: list[Any]) -> Any:
        loss, outputs, gradients = self._pass_with_outputs(inputs, targets)
        self.optimizer.apply(gradients, self._trained)
        for metric in metrics:
            metric.update_state(targets, outputs)
        return loss

    def _pass_with_outputs(self, inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network.call(self.network, inputs, training=True)
            loss = self._loss(outputs, targets)
        return loss, outputs, tape.gradient(loss, self._trained)

    def _loss(self, outputs: Any, targets: Any) -> Any:
        if self._of_items is None:
            return super()._loss(outputs, targets)
        of_items = self._of_items(targets, outputs)
        loss = tf.nn.compute_average_loss(tf.reduce_mean(of_items, range(1, len(of_items.shape))))
        return loss + tf.nn.scale_regularization_loss(tf.add_n(self.network.losses)) if self.network.losses else loss


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
    """The sums over all ranks of as many values as a step exchanges: each turn after the one before, and in the packs of the strategy.

    The values belong to the graph, as a step's do: hundreds of arguments would cost each call some milliseconds of Python.
    """

    def __init__(self, step: DataParallelStep) -> None:
        self._strategy, self._options = step.strategy, step.options
        self._values = [[[summing.zeros(value) for value in together] for together in turn] for turn in step.exchanged]
        self._sum = compiler.compiled(self._sum_by_all, functools.partial(setattr, self, "_sum"), by_xla=False)

    def step(self) -> None:
        self._summed = self._sum()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(tf.reshape(self._summed[0], [-1])[0])

    def close(self) -> None:
        vars(self).clear()

    def _sum_by_all(self) -> Any:
        return self._strategy.run(self._in_turn)

    def _in_turn(self) -> Any:
        found: list[Any] = []
        for turn in self._values:
            with tf.control_dependencies(found):
                sums = [summing.summed(together, self._options) for together in turn]
            found = tf.nest.flatten(sums, expand_composites=True)
        return found


def _split(tensors: Any) -> list[Any]:
    """A tensor, or several by name, in PARTS equal parts of the items."""
    if isinstance(tensors, dict):
        parts = [_split(each) for each in tensors.values()]
        return [dict(zip(tensors, part, strict=True)) for part in zip(*parts, strict=True)]
    return [*tf.split(tensors, PARTS)]
