"""Repeated steps on a batch that is already on the device: of whatever work a phase is about."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import cast

from harness.frameworks.contract import Framework, Inference, Setup, Work
from harness.record.case import Workload
from harness.worker.bench import block, cold_start
from harness.worker.meters import slowdown
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.meters.energy import EnergyMeter
from harness.worker.meters.gpu import GPU, NO_GPU
from harness.worker.meters.nvml.messages import ReadState, State
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.fence import check_fence
from harness.worker.timing.rounds import Window, steps_per_round, windows_of
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import WarmUp, warm_up
from harness.worker.traces import is_alike

IDLE_LIMIT_SECONDS = 1.0
NOTHING_TRIED = "nothing is tried but by a compiler: cuDNN's own heuristic chooses"


class ResidentBench(ABC):
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._work: Work | None = None
        self._energy = EnergyMeter(setup.case.batch_size)
        self._last_state = State.unread("no block was measured")
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
        cold = warm = warm_up(self._work)
        if GPU.is_watched and self._framework.autotunes(self._setup):
            warm = self._built_again(cold)
        else:
            self._missing["autotune_seconds"] = NOTHING_TRIED if GPU.is_watched else NO_GPU
        # A single item is asked for its latency: every step is a round, so that the slowest ones show.
        self._steps = 1 if self._setup.case.batch_size == 1 else steps_per_round(warm.steady_step_seconds)
        check_fence(self._work, warm.steady_step_seconds)
        self._stopwatch = self._framework.stopwatch()
        self._keep_state("begin", GPU.ask(ReadState()))  # at work: at rest the clocks are down
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return Begun(cold_start(build_seconds, cold), self._steps)

    def measure(self, turn: Measure) -> Block:
        work = self._work
        assert work is not None, "measure comes after begin"
        meter, start = CpuMeter(), time.perf_counter()
        self._energy.begin_block(lambda: timed_step(work))
        kept, thrown_away = windows_of(work, self._steps, turn, meter, self._stopwatch)
        self._energy.end_block(lambda: timed_step(work), self._steps * sum(len(each.rounds) for each in (*kept, *thrown_away)))
        self._last_state = GPU.ask(ReadState())  # at work, as the first
        self._kept.extend(kept)
        taken = block(kept, thrown_away, start)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return taken

    def end(self) -> Ended:
        assert self._work is not None, "end comes after begin"
        self._keep(*self._energy.figures(self._setup.model.description.item))
        self._keep_state("end", self._last_state)
        if GPU.is_watched:
            self._keep(*slowdown.figures([each.slowdown for each in self._kept]))
        self.close()
        return Ended(self._figures, readings=(), busy_seconds=0.0, missing=self._missing)

    def inference(self, setup: Setup) -> Inference | None:
        """The work that has begun, where it is of that computation: what is checked is then the very network that is timed."""
        if self._work is None or self._setup.case.workload is not Workload.INFERENCE or not is_alike(self._setup, setup):
            return None
        return cast(Inference, self._work)

    def _built_again(self, cold: WarmUp) -> WarmUp:
        """The same work's warm-up once more: it is traced and compiled anew, but this process has its kernels found and loaded."""
        self.close()
        self._work = self.build(self._framework, self._setup)
        warm = warm_up(self._work)
        self._keep({"autotune_seconds": max(0.0, cold.first_step_seconds - warm.first_step_seconds)}, {})
        return warm

    def _keep_state(self, when: str, state: State) -> None:
        """The GPU's clocks and temperature, read at once after steps."""
        if not GPU.is_watched:
            return
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
