"""One forward pass on a batch that stays on the device."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from harness.frameworks.contract import Inference, NativeBatch, Setup
from harness.frameworks.pytorch import device, network
from harness.frameworks.pytorch.training import free, native
from harness.record.case import Execution, Style


def inference(setup: Setup) -> Inference:
    work = StockInference(setup) if setup.case.style is Style.STOCK else MatchedInference(setup)
    work.load(native(*setup.canonical_batch()))
    return work


class MatchedInference:
    """Logits, left on the device."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._network = network.build(setup)
        self._cache = contextlib.ExitStack()
        self._forward = self._logits_of
        if setup.case.execution is Execution.COMPILED:
            self._cache.enter_context(device.cold_compiler())
            self._forward = torch.compile(self._logits_of, fullgraph=True, dynamic=False)

    def load(self, batch: NativeBatch) -> None:
        images, _ = batch
        self._images = images.to(device.name(), memory_format=torch.channels_last)

    def step(self) -> None:
        with torch.inference_mode():
            self._logits = self._forward(self._images)

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._logits[0, 0])

    def logits(self) -> npt.NDArray[np.float32]:
        self.step()
        return network.to_numpy(self._logits)

    def close(self) -> None:
        self._cache.close()
        vars(self).clear()
        free()

    def _logits_of(self, images: Any) -> Any:
        with device.arithmetic(self._setup):
            return self._network(images).float()


class StockInference:
    """`eval()` and `no_grad()`, the result on the host."""

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)

    def load(self, batch: NativeBatch) -> None:
        images, _ = batch
        self._images = images.contiguous().to(device.name())

    def step(self) -> None:
        with torch.no_grad():
            self._logits = self._network(self._images).cpu()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._logits[0, 0])

    def logits(self) -> npt.NDArray[np.float32]:
        self.step()
        return network.to_numpy(self._logits)

    def close(self) -> None:
        vars(self).clear()
        free()
