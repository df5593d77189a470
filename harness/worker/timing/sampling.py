"""Warm-up, fence, rounds: how a piece of work is timed, whatever it is.

A round is `steps` steps under one fence on both sides, by the wall clock beside the work. Foreign CPU time and the GPU's throttling
are watched over windows of rounds, by counters read before and after: the kernel's clock ticks in hundredths of a second. A window
that was disturbed or throttled is taken again.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable

import msgspec

from harness.frameworks.contract import Stopwatch, Work
from harness.record.round import Round
from harness.worker.meters import slowdown
from harness.worker.meters.cpu import CpuMeter
from harness.worker.meters.slowdown import Slowdown
from harness.worker.protocol import Measure

ROUND_SECONDS = 0.25  # a fence costs microseconds: under a thousandth of a round
WINDOW_SECONDS = 0.25  # 25 ticks of the kernel's clock per core
STEADY_STEPS = 3
STEADY_SPREAD = 1.15  # between the slowest and the fastest of the last STEADY_STEPS steps
WARM_UP_STEPS = 12  # at most, on top of the first
WARM_UP_SECONDS = 6.0  # at most, on top of the first step; at least STEADY_STEPS are done all the same
FENCE_TRIES = 3
FENCE_STEPS = 10  # at most: without a fence a step looks so short that a round's steps would take minutes
RESIDUE_SHARE = 0.05  # of a step: more than this after the fence is work, not a copy
RESIDUE_SECONDS = 0.002  # what reading one number back may take in any case


class UnfencedError(Exception):
    """The fence returned while work was still running: the durations are not the work's."""


class WarmUp(msgspec.Struct, frozen=True):
    step_seconds: tuple[float, ...]

    @property
    def steady_step_seconds(self) -> float:
        return statistics.median(self.step_seconds[-STEADY_STEPS:])

    @property
    def steps_to_steady_state(self) -> int:
        """Steps up to the last one that is slower than the steady ones by more than STEADY_SPREAD."""
        limit = STEADY_SPREAD * self.steady_step_seconds
        return max((index for index, seconds in enumerate(self.step_seconds, 1) if seconds > limit), default=0)


def timed_step(work: Work, steps: int = 1) -> float:
    """Seconds for `steps` steps between two fences."""
    work.fence()
    start = time.perf_counter()
    for _ in range(steps):
        work.step()
    work.fence()
    return time.perf_counter() - start


def warm_up(work: Work) -> WarmUp:
    """Steps until their durations no longer fall, within bounds. The first one traces, compiles and autotunes."""
    seconds = [timed_step(work)]
    start = time.perf_counter()
    while True:
        seconds.append(timed_step(work))
        last = seconds[-STEADY_STEPS:]
        if len(seconds) <= STEADY_STEPS:
            continue
        if max(last) <= STEADY_SPREAD * min(last) or len(seconds) > WARM_UP_STEPS or time.perf_counter() - start > WARM_UP_SECONDS:
            return WarmUp(tuple(seconds))


def steps_per_round(step_seconds: float) -> int:
    """So many that a round lasts about ROUND_SECONDS."""
    return max(1, math.ceil(ROUND_SECONDS / step_seconds))


def check_fence(work: Work, step_seconds: float) -> None:
    """Does a few steps and a fence, then reads the result back: that must have nothing left to wait for.

    Raises UnfencedError where it had, every time: a missing fence is missing every time, a busy machine is late now and then.
    """
    work.read_back()  # the first one loads what copies a number
    limit = RESIDUE_SECONDS + RESIDUE_SHARE * step_seconds
    residues = []
    for _ in range(FENCE_TRIES):
        timed_step(work, min(FENCE_STEPS, steps_per_round(step_seconds)))
        start = time.perf_counter()
        work.read_back()
        residues.append(time.perf_counter() - start)
        if residues[-1] <= limit:
            return
    raise UnfencedError(
        f"the result was ready {min(residues) * 1e3:.1f} ms after the fence, at {step_seconds * 1e3:.1f} ms a step: the fence does not wait"
    )


class Window(msgspec.Struct, frozen=True):
    """Consecutive rounds that share one reading of foreign CPU time, and one of the GPU's throttling."""

    rounds: tuple[Round, ...]
    slowdown: Slowdown

    @property
    def sound(self) -> bool:
        """What these durations show is the work: neither other processes nor a GPU that is too hot."""
        return self.rounds[0].sound

    @property
    def seconds(self) -> float:
        return sum(round_.seconds for round_ in self.rounds)


def timed_round(work: Work, steps: int, stopwatch: Stopwatch | None) -> tuple[float, float | None]:
    """Seconds of the steps and the fence after them, by the wall clock and by the device's own events."""
    if stopwatch is None:
        return timed_step(work, steps), None
    start = time.perf_counter()
    stopwatch.start()
    for _ in range(steps):
        work.step()
    stopwatch.stop()
    work.fence()
    return time.perf_counter() - start, stopwatch.seconds()


def window(work: Work, steps: int, block: int, meter: CpuMeter, max_rounds: int, stopwatch: Stopwatch | None = None) -> Window:
    """Rounds for at least WINDOW_SECONDS, at most `max_rounds`."""
    seconds: list[tuple[float, float | None]] = []
    before = slowdown.read()
    meter.restart()
    while not seconds or (sum(wall for wall, _ in seconds) < WINDOW_SECONDS and len(seconds) < max_rounds):
        seconds.append(timed_round(work, steps, stopwatch))
    usage = meter.usage()
    slowed = slowdown.between(before, slowdown.read())
    busy_cores = usage.own_seconds / usage.wall_seconds
    share = slowed.throttled_share
    return Window(tuple(Round(wall, wall * busy_cores, usage.foreign_share, block, device, share) for wall, device in seconds), slowed)


def windows_of(
    work: Work, steps: int, turn: Measure, meter: CpuMeter, stopwatch: Stopwatch | None = None
) -> tuple[list[Window], list[Window]]:
    """Kept and thrown away in that turn, in rounds of so many steps."""
    return windows(lambda left: window(work, steps, turn.block, meter, left, stopwatch), turn.seconds, turn.max_rounds, turn.retake_seconds)


def windows(take: Callable[[int], Window], seconds: float, max_rounds: int, retake_seconds: float) -> tuple[list[Window], list[Window]]:
    """Windows for about `seconds`, at least one; those that are not sound are taken again while `retake_seconds` last.

    take: takes a window of at most so many rounds. Returns the windows kept and those thrown away.
    """
    kept: list[Window] = []
    thrown_away: list[Window] = []
    start = time.perf_counter()
    while not kept or time.perf_counter() - start < seconds:
        left = max_rounds - sum(len(each.rounds) for each in kept)
        if left == 0:
            break
        taken = take(left)
        if not taken.sound and retake_seconds > 0.0:
            retake_seconds -= taken.seconds
            thrown_away.append(taken)
        else:
            kept.append(taken)
    return kept, thrown_away


def scaled(taken: Iterable[Window], scale: float) -> list[Window]:
    """As they would be with rounds of `scale` times as many steps."""
    return [
        msgspec.structs.replace(
            each,
            rounds=tuple(
                msgspec.structs.replace(round_, seconds=round_.seconds * scale, cpu_seconds=round_.cpu_seconds * scale)
                for round_ in each.rounds
            ),
        )
        for each in taken
    ]
