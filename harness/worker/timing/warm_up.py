"""Warm-up: the steps before the steady state, which no round has."""

from __future__ import annotations

import statistics
import time

import msgspec

from harness.frameworks.contract import Work
from harness.worker.timing.step import timed_step

STEADY_STEPS = 3
STEADY_LONG_STEPS = 2  # of steps that last so long that a third one tells little
LONG_STEP_SECONDS = 1.0
STEADY_SPREAD = 1.15  # between the slowest and the fastest of the last STEADY_STEPS steps
WARM_UP_STEPS = 12  # at most, on top of the first
WARM_UP_SECONDS = 6.0  # at most, on top of the first step; at least the steady ones are done all the same


class WarmUp(msgspec.Struct, frozen=True):
    step_seconds: tuple[float, ...]

    @property
    def first_step_seconds(self) -> float:
        return self.step_seconds[0]

    @property
    def steady_step_seconds(self) -> float:
        return statistics.median((self.step_seconds[1:] or self.step_seconds)[-STEADY_STEPS:])

    @property
    def steps_to_steady_state(self) -> int:
        """Steps up to the last one that is slower than the steady ones by more than STEADY_SPREAD."""
        limit = STEADY_SPREAD * self.steady_step_seconds
        return max((index for index, seconds in enumerate(self.step_seconds, 1) if seconds > limit), default=0)


def warm_up(work: Work) -> WarmUp:
    """Steps until their durations no longer fall, within bounds. The first one traces, compiles and autotunes."""
    seconds = [timed_step(work)]
    start = time.perf_counter()
    while True:
        seconds.append(timed_step(work))
        steady = STEADY_STEPS if min(seconds) < LONG_STEP_SECONDS else STEADY_LONG_STEPS
        last = seconds[-steady:]
        if len(seconds) <= steady:
            continue
        if max(last) <= STEADY_SPREAD * min(last) or len(seconds) > WARM_UP_STEPS or time.perf_counter() - start > WARM_UP_SECONDS:
            return WarmUp(tuple(seconds))
