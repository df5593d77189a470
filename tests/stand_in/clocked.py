"""A stand-in on the fake GPU whose steps take a time that is told, not waited for: its worker's clock is put forward.

So a run is quick, and what is found in it does not depend on what else the machine does.
"""

from __future__ import annotations

import time

from harness.frameworks.contract import Setup
from tests.stand_in import quick as quick
from tests.stand_in import undisturbed as undisturbed
from tests.stand_in.gpu_framework import OnGpu, OnGpuSteps


class Clock:
    def __init__(self) -> None:
        self._machine = time.perf_counter
        self._ahead_seconds = 0.0

    def __call__(self) -> float:
        return self._machine() + self._ahead_seconds

    def put_forward(self, seconds: float) -> None:
        self._ahead_seconds += seconds


class ClockedSteps(OnGpuSteps):
    clock: Clock

    def step(self) -> None:
        self._steps += 1
        self.clock.put_forward(self._seconds)


class Clocked(OnGpu):
    """In a worker, which it is the only framework of."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._steps, self._seconds = ClockedSteps, seconds
        time.perf_counter = ClockedSteps.clock = Clock()

    def inference(self, setup: Setup) -> ClockedSteps:
        return ClockedSteps(setup, self._seconds)
