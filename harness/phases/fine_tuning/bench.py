"""Fine-tuning: the whole job, an epoch a turn of the alternation."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from harness.frameworks.contract import Framework, Setup
from harness.frameworks.job import FineTuning
from harness.record.measurement import Epoch, Reading
from harness.record.round import Round
from harness.worker.meters import host_memory, slowdown
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.protocol import Begun, Block, Ended, Measure

Result = TypeVar("Result")

IDLE_LIMIT_SECONDS = 3.0  # an epoch's loader ends its threads, OpenMP's stop spinning


class Bench:
    """A round is an epoch: training and validation. The first one traces and autotunes, as it does in a job."""

    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._job: FineTuning | None = None
        self._peaks: dict[str, Reading] = {}

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        self._host = host_memory.Peaks()
        self._framework.reset_peak_memory()
        self._build_seconds, self._job = timed(lambda: self._framework.fine_tuning(self._setup))
        return Begun(cold_start=None, steps_per_round=1)

    def measure(self, turn: Measure) -> Block:
        job, before, meter, start = self._begun(), slowdown.read(), CpuMeter(), time.perf_counter()
        training_seconds, training_loss = timed(job.train)
        validation_seconds, (validation_loss, validation_accuracy) = timed(job.validate)
        usage = meter.usage()
        throttled_share = slowdown.between(before, slowdown.read()).throttled_share
        self._read_peaks()  # with the loader's workers still there
        seconds = training_seconds + validation_seconds
        epoch = Epoch(
            training_seconds=training_seconds,
            validation_seconds=validation_seconds,
            training_loss=training_loss,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            training_images=job.training_images,
            validation_images=job.validation_images,
        )
        own_seconds = seconds * usage.own_seconds / usage.wall_seconds
        round_ = Round(seconds, own_seconds, usage.foreign_share, turn.block, throttled_share=throttled_share)
        busy_seconds = time.perf_counter() - start
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return Block((round_,), retaken_rounds=0, retaken_seconds=0.0, busy_seconds=busy_seconds, epoch=epoch)

    def end(self) -> Ended:
        seconds, (losses, _) = timed(self._begun().validation_losses)
        self.close()
        return Ended(
            figures={"build_seconds": self._build_seconds, "validation_loss_deviation": float(losses.std(ddof=1))},
            readings=tuple(self._peaks.values()),
            busy_seconds=seconds,
        )

    def close(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def _begun(self) -> FineTuning:
        assert self._job is not None, "measure and end come after begin"
        return self._job

    def _read_peaks(self) -> None:
        """The largest reading of all epochs: the loader's share of memory has no high-water mark."""
        for reading in (*self._host.readings(), *self._framework.peak_memory()):
            known = self._peaks.get(reading.name)
            if known is None or (reading.value_bytes or 0) > (known.value_bytes or 0):
                self._peaks[reading.name] = reading


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
