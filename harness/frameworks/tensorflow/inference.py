"""One forward pass on a batch that stays on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from harness.frameworks.contract import Inference, NativeBatch, Setup
from harness.frameworks.tensorflow import device, network
from harness.frameworks.tensorflow.training import free, native
from harness.record.case import Execution, Style


def inference(setup: Setup) -> Inference:
    work = StockInference(setup) if setup.case.style is Style.STOCK else MatchedInference(setup)
    work.load(native(*setup.canonical_batch()))
    return work


class MatchedInference:
    """Logits, left on the device."""

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)
        self._forward = tf.function(self._logits_of, jit_compile=setup.case.execution is Execution.COMPILED)

    def load(self, batch: NativeBatch) -> None:
        images, _ = batch
        with tf.device(device.placement()):
            self._images = tf.identity(images)

    def step(self) -> None:
        self._logits = self._forward(self._images)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._logits[0, 0])

    def logits(self) -> npt.NDArray[np.float32]:
        self.step()
        return np.array(self._logits)

    def close(self) -> None:
        vars(self).clear()
        free()

    def _logits_of(self, images: Any) -> Any:
        return tf.cast(self._network(images, training=False), tf.float32)


class StockInference:
    """`model.predict` on a host array, as most scripts have it; the result on the host. The network ends in a softmax.

    `predict`'s documentation advises a plain call of the model for a single small batch. That runs layer by layer, without a
    graph; where it was tried, on a CPU, it took twice as long.
    """

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)
        self._batch_size = setup.case.batch_size  # without it `predict` cuts the batch into pieces of 32

    def load(self, batch: NativeBatch) -> None:
        images, _ = batch
        self._images = np.asarray(images)

    def step(self) -> None:
        self._probabilities = self._network.predict(self._images, batch_size=self._batch_size, verbose=0)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._probabilities[0, 0])

    def logits(self) -> npt.NDArray[np.float32]:
        """Up to a constant an image, which the softmax has swallowed."""
        self.step()
        logits: npt.NDArray[np.float32] = np.log(self._probabilities)
        return logits

    def close(self) -> None:
        vars(self).clear()
        free()
