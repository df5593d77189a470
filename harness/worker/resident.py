"""Repeated steps on a batch that is already on the device: of whatever work a phase is about."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from harness.frameworks.contract import Framework, Setup, Work
from harness.worker.bench import block, cold_start
from harness.worker.meters import energy, slowdown
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.messages import ReadState, State
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.fence import check_fence
from harness.worker.timing.rounds import Window, steps_per_round, windows_of
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import warm_up

IDLE_LIMIT_SECONDS = 1.0


class ResidentBench(ABC):
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._work: Work | None = None
        self._kept: list[Window] = []
        self._figures: dict[str, float] = {}
        self._missing: dict[str, str] = {}

    @abstractmethod
    def build(self, framework: Framework, setup: Setup) -> Work:
        """What a step of the phase is, its batch on the device."""

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        start = time.perf_counter()
        self._work = self.build(self._framework, self._setup)
        build_seconds = time.perf_counter() - start
        warm = warm_up(self._work)
        # A single item is asked for its latency: every step is a round, so that the slowest ones show.
        self._steps = 1 if self._setup.case.batch_size == 1 else steps_per_round(warm.steady_step_seconds)
        check_fence(self._work, warm.steady_step_seconds)
        self._stopwatch = self._framework.stopwatch()
        self._read_state("begin")  # at work: at rest the clocks are down
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return Begun(cold_start(build_seconds, warm), self._steps)

    def measure(self, turn: Measure) -> Block:
        assert self._work is not None, "measure comes after begin"
        meter, start = CpuMeter(), time.perf_counter()
        kept, thrown_away = windows_of(self._work, self._steps, turn, meter, self._stopwatch)
        self._kept.extend(kept)
        taken = block(kept, thrown_away, start)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return taken

    def end(self) -> Ended:
        assert self._work is not None, "end comes after begin"
        work, item = self._work, self._setup.model.description.item
        start = time.perf_counter()
        self._keep(*energy.joules_per_item(lambda: timed_step(work, self._steps), self._steps * self._setup.case.batch_size, item))
        busy_seconds = time.perf_counter() - start
        self._read_state("end")
        if GPU.is_watched:
            self._keep(*slowdown.figures([each.slowdown for each in self._kept]))
        self.close()
        return Ended(self._figures, readings=(), busy_seconds=busy_seconds, missing=self._missing)

    def _read_state(self, when: str) -> None:
        """The GPU's clocks and temperature, at once after steps."""
        if not GPU.is_watched:
            return
        state: State = GPU.ask(ReadState())
        values = {f"{name}_{when}": getattr(state, name) for name in State.__struct_fields__}
        self._keep(
            {name: float(value.value) for name, value in values.items() if value.value is not None},
            {name: value.status for name, value in values.items() if value.value is None},
        )

    def _keep(self, figures: dict[str, float], missing: dict[str, str]) -> None:
        self._figures |= figures
        self._missing |= missing

    def close(self) -> None:
        if self._work is not None:
            self._work.close()
            self._work = None
