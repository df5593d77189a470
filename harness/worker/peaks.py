"""Peaks of memory over a few steps, in a fresh process: fed by their own pipeline, or on a batch that is already on the device.

The durations of the steps are kept as rounds, but nothing is claimed of them: the meters are what is read here.
"""

from __future__ import annotations

import time

from harness.frameworks.contract import Framework, Inference, Pipeline, Setup, TrainStep
from harness.record.measurement import Reading
from harness.record.round import Round
from harness.worker.bench import cold_start
from harness.worker.meters import host_memory
from harness.worker.meters.cpu import CpuMeter
from harness.worker.meters.device_memory import DeviceMemory, process
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import STEADY_STEPS, WarmUp
from harness.worker.work import build

MEASURED_STEPS = 5
BASELINE = "baseline"  # the framework imported, its device open, and nothing built


class PeaksBench:
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._pipeline: Pipeline | None = None
        self._work: TrainStep | Inference | None = None
        self._readings: list[Reading] = []

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        start = time.perf_counter()
        self._device = DeviceMemory(self._framework.allocation())
        self._readings.extend((*host_memory.resident(BASELINE), *self._device.at_start()))
        self._host = host_memory.Peaks()
        if self._setup.fed:
            self._pipeline = self._framework.pipeline(self._setup)
        self._work = build(self._framework, self._setup)
        build_seconds = time.perf_counter() - start
        self._host.at_fence()
        warm = WarmUp(tuple(self._warm_step() for _ in range(STEADY_STEPS)))
        # Compilers and autotuners work during warm-up: a peak of their own.
        self._readings.extend(_renamed(each, f"warm_up_{each.name}") for each in self._peaks())
        self._host.restart()
        self._framework.reset_peak_memory()
        return Begun(cold_start(build_seconds, warm), steps_per_round=1)

    def measure(self, turn: Measure) -> Block:
        meter, start = CpuMeter(), time.perf_counter()
        rounds = []
        for _ in range(MEASURED_STEPS):
            meter.restart()
            seconds = self._fed_step()
            usage = meter.usage()
            self._host.at_fence()
            rounds.append(Round(seconds, seconds * usage.own_seconds / usage.wall_seconds, usage.foreign_share, turn.block))
        return Block(tuple(rounds), retaken_rounds=0, retaken_seconds=0.0, busy_seconds=time.perf_counter() - start)

    def end(self) -> Ended:
        self._readings.extend((*self._peaks(), process("process_bytes")))
        curve = self._device.stop()
        self.close()
        return Ended(self._device.figures(), tuple(self._readings), busy_seconds=0.0, memory_curve=curve)

    def close(self) -> None:
        for each in (self._pipeline, self._work):  # with the work Keras forgets the functions that a pipeline calls
            if each is not None:
                each.close()
        self._work = self._pipeline = None

    def _fed_step(self) -> float:
        """Seconds of one step on a new batch: loading, the copy to the device, the step itself. Without a pipeline the last alone."""
        assert self._work is not None, "steps come after begin"
        if self._pipeline is None:
            return timed_step(self._work)
        start = time.perf_counter()
        self._pipeline.step()
        self._work.load(self._pipeline.batch())
        return time.perf_counter() - start + timed_step(self._work)

    def _warm_step(self) -> float:
        seconds = self._fed_step()
        self._host.at_fence()
        return seconds

    def _peaks(self) -> tuple[Reading, ...]:
        return (*self._host.readings(), *self._framework.peak_memory(), self._device.peak())


def _renamed(reading: Reading, name: str) -> Reading:
    return Reading(name, reading.value_bytes, reading.source, reading.status)
