"""The first rank of a data-parallel case: it measures, and what it does the others do."""

from __future__ import annotations

import time

from msgspec.structs import replace

from harness.frameworks.contract import Framework, Setup, Work
from harness.phases.data_parallel.works import TOGETHER, Works
from harness.record.measurement import ALONE, EXCHANGE
from harness.worker.bench import block, cold_start
from harness.worker.leading import OVER, Followers, led
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.meters.host_memory import Peaks
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.fence import check_fence
from harness.worker.timing.rounds import Window, steps_per_round, windows_of
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import STEADY_STEPS, warm_up

IDLE_LIMIT_SECONDS = 1.0
PEAK_STEPS = 3  # in which memory is read, at the end
SHARES = {TOGETHER: 0.5, ALONE: 0.25, EXCHANGE: 0.25}  # of a turn's time


class Leading:
    def __init__(self, framework: Framework, setup: Setup, followers: Followers) -> None:
        self._framework = framework
        self._setup = setup
        self._followers = followers
        self._works: Works | None = None

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        start = time.perf_counter()
        works = self._works = Works(self._framework, self._setup)
        self._led: dict[str, Work] = led(works.by_name, self._followers)
        build_seconds = time.perf_counter() - start
        warm = warm_up(self._led[TOGETHER])
        for work in self._led.values():
            timed_step(work, STEADY_STEPS)
        self._steps = steps_per_round(warm.steady_step_seconds)
        check_fence(self._led[TOGETHER], warm.steady_step_seconds)
        self._stopwatch = self._framework.stopwatch()
        wait_until_idle(IDLE_LIMIT_SECONDS)
        self._followers.tell(OVER)
        return Begun(cold_start(build_seconds, warm), self._steps)

    def measure(self, turn: Measure) -> Block:
        start = time.perf_counter()
        names = [*self._led]
        first = turn.block % len(names)
        taken = {name: self._windows(name, turn) for name in names[first:] + names[:first]}
        self._followers.tell(OVER)
        thrown_away = [each for _, retaken in taken.values() for each in retaken]
        kept, _ = taken.pop(TOGETHER)
        return block(kept, thrown_away, start, references={name: found for name, (found, _) in taken.items()})

    def end(self) -> Ended:
        assert self._works is not None, "end comes after begin"
        start = time.perf_counter()
        self._works.keep_step()
        step = led(self._works.by_name, self._followers)[TOGETHER]
        peaks = Peaks()
        self._framework.reset_peak_memory()
        for _ in range(PEAK_STEPS):
            timed_step(step)
            peaks.at_fence()
        readings = (*peaks.readings(), *self._framework.peak_memory())
        self._followers.tell(OVER)
        figures = {"exchanged_bytes": float(self._works.exchanged_bytes)} if self._setup.rank else {}
        self.close()
        return Ended(figures, readings, busy_seconds=time.perf_counter() - start)

    def close(self) -> None:
        if self._works is not None:
            self._works.close()
            self._works = None

    def _windows(self, name: str, turn: Measure) -> tuple[list[Window], list[Window]]:
        """A single process has the whole turn for its step."""
        share = SHARES[name] if len(self._led) > 1 else 1.0
        shortened = replace(turn, seconds=turn.seconds * share, retake_seconds=turn.retake_seconds * share)
        found = windows_of(self._led[name], self._steps, shortened, CpuMeter(), self._stopwatch if name == TOGETHER else None)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return found
