"""One forward pass on a batch that stays on the device."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from harness.frameworks.contract import Inference, NativeBatch, Outputs, Setup
from harness.frameworks.tensorflow import batches, compiler, device, network
from harness.frameworks.tensorflow.training import free
from harness.record.case import Execution, Style


def inference(setup: Setup) -> Inference:
    work = StockInference(setup) if setup.case.style is Style.STOCK else MatchedInference(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class MatchedInference:
    """Outputs in float32, left on the device."""

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)
        by_xla = setup.case.execution is Execution.COMPILED
        self._forward = compiler.compiled(self._outputs_of, functools.partial(setattr, self, "_forward"), by_xla)

    def load(self, batch: NativeBatch) -> None:
        self._inputs, _ = batches.on_device(batch)

    def step(self) -> None:
        self._outputs = self._forward(self._inputs)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return first_number(self._outputs)

    def outputs(self, items: int | None = None) -> Outputs:
        self.step()
        return network.outputs_to_numpy(self._outputs, items)

    def close(self) -> None:
        vars(self).clear()
        free()

    def _outputs_of(self, inputs: Any) -> Any:
        return network.wide(network.call(self._network, inputs, training=False))


class StockInference:
    """`model.predict` on a host array, as most scripts have it; the result on the host. A classifier of the library's ends in a softmax.

    `predict`'s documentation advises a plain call of the model for a single small batch. That runs layer by layer, without a
    graph; where it was tried, on a CPU, it took twice as long.
    """

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)
        self._ends_in_softmax = network.ends_in_softmax(setup)
        self._batch_size = setup.case.batch_size  # without it `predict` cuts the batch into pieces of 32

    def load(self, batch: NativeBatch) -> None:
        inputs, _ = batch
        self._inputs = batches.each_of(inputs, np.asarray)

    def step(self) -> None:
        self._outputs = self._network.predict(self._inputs, batch_size=self._batch_size, verbose=0)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return first_number(self._outputs)

    def outputs(self, items: int | None = None) -> Outputs:
        """Logits up to a constant an item, which the softmax has swallowed, where it ends in one."""
        self.step()
        found = network.outputs_to_numpy(self._outputs, items)
        return {name: np.log(each) for name, each in found.items()} if self._ends_in_softmax else found

    def close(self) -> None:
        vars(self).clear()
        free()


def first_number(outputs: Any) -> float:
    """Of the first output."""
    first = next(iter(network.named(outputs).values()))
    return float(first[(0,) * len(first.shape)])
