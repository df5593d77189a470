"""A stand-in on a GPU whose driver is the fake one: what it holds there is a number in a file that the driver reads."""

from __future__ import annotations

import os
import time
from pathlib import Path

from harness.frameworks.contract import Setup
from harness.record.case import Style
from harness.record.measurement import Reading
from harness.worker.meters import energy
from harness.worker.meters.nvml.curve import PERIOD_SECONDS
from tests.stand_in.framework import StandIn, Steps

USED = "STAND_IN_GPU_MEMORY"  # environment variable: the file
CONTEXT_BYTES = 300 * 2**20
IMAGE_BYTES = 2**20
ROOM_BYTES = 11 * IMAGE_BYTES  # beside the context
BASELINE_BYTES = 77 * 2**20  # what others hold
WATCHED_PHASES = ("memory", "largest_batch")  # whose samples are to see each step
ENERGY_SECONDS = 0.2

energy.LEAST_SECONDS = ENERGY_SECONDS  # tests have no two seconds a case


def use(used_bytes: int) -> None:
    """Replaces the file in one step: the driver is reading it."""
    file = Path(os.environ[USED])
    file.with_suffix(".new").write_text(str(used_bytes))
    file.with_suffix(".new").replace(file)


class OnGpuSteps(Steps):
    """Each step holds its batch's memory for longer than a sampling period, and gives it back."""

    def step(self) -> None:
        held = self._setup.case.batch_size * IMAGE_BYTES
        if held > ROOM_BYTES:
            raise MemoryError(f"{held} bytes do not fit")
        use(CONTEXT_BYTES + held)
        super().step()
        if self._setup.case.phase in WATCHED_PHASES:
            time.sleep(5 * PERIOD_SECONDS)
        use(CONTEXT_BYTES)


class Watch:
    """Sees nine tenths of what the wall clock does."""

    def start(self) -> None:
        self._start = time.perf_counter()

    def stop(self) -> None:
        self._seconds = 0.9 * (time.perf_counter() - self._start)

    def seconds(self) -> float:
        return self._seconds


class OnGpu(StandIn):
    def __init__(self) -> None:
        super().__init__(OnGpuSteps)
        use(BASELINE_BYTES)  # what a worker before has held is gone with it

    def sees_gpu(self) -> bool:
        return True

    def autotunes(self, setup: Setup) -> bool:
        return setup.case.style is Style.STOCK

    def open_device(self, setup: Setup) -> str:
        use(CONTEXT_BYTES)
        return "cuda:0"

    def inference(self, setup: Setup) -> Steps:
        return OnGpuSteps(setup, self._seconds)

    def stopwatch(self) -> Watch:
        return Watch()

    def peak_memory(self) -> tuple[Reading, ...]:
        return (Reading("allocator_peak_bytes", ROOM_BYTES, "the stand-in"),)
