"""Rounds, and the windows that they are taken in.

A round is `steps` steps under one fence on both sides, by the wall clock beside the work. Foreign CPU time and the GPU's throttling
are watched over windows of rounds, by counters read before and after: the kernel's clock ticks in hundredths of a second. A window
that was disturbed or throttled is taken again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import msgspec

from harness.frameworks.contract import Stopwatch, Work
from harness.record.round import Round
from harness.worker.meters import slowdown
from harness.worker.meters.cpu import CpuMeter
from harness.worker.meters.slowdown import Slowdown
from harness.worker.protocol import Measure
from harness.worker.timing.step import timed_step

ROUND_SECONDS = 0.25  # a fence costs microseconds: under a thousandth of a round
WINDOW_SECONDS = 0.2  # 20 ticks of the kernel's clock per core; less than a round, so that one that is a little quick is a whole window

Timed = tuple[float, float | None]  # seconds of a round, by the wall clock and by the device's own events


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


def steps_per_round(step_seconds: float) -> int:
    """So many that a round lasts about ROUND_SECONDS."""
    return max(1, math.ceil(ROUND_SECONDS / step_seconds))


def timed_round(work: Work, steps: int, stopwatch: Stopwatch | None) -> Timed:
    """The steps and the fence after them."""
    if stopwatch is None:
        return timed_step(work, steps), None
    start = time.perf_counter()
    stopwatch.start()
    for _ in range(steps):
        work.step()
    stopwatch.stop()
    work.fence()
    return time.perf_counter() - start, stopwatch.seconds()


def window(take: Callable[[], Timed], block: int, meter: CpuMeter, max_rounds: int) -> Window:
    """Rounds for at least WINDOW_SECONDS, at most `max_rounds`. take: takes one of them."""
    seconds: list[Timed] = []
    before = slowdown.read()
    meter.restart()
    while not seconds or (sum(wall for wall, _ in seconds) < WINDOW_SECONDS and len(seconds) < max_rounds):
        seconds.append(take())
    usage = meter.usage()
    slowed = slowdown.between(before, slowdown.read())
    busy_cores = usage.own_seconds / usage.wall_seconds
    share = slowed.throttled_share
    return Window(tuple(Round(wall, wall * busy_cores, usage.foreign_share, block, device, share) for wall, device in seconds), slowed)


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


def windows_in(turn: Measure, take: Callable[[], Timed], meter: CpuMeter) -> tuple[list[Window], list[Window]]:
    """Kept and thrown away in that turn. take: takes a round."""
    return windows(lambda left: window(take, turn.block, meter, left), turn.seconds, turn.max_rounds, turn.retake_seconds)


def windows_of(
    work: Work, steps: int, turn: Measure, meter: CpuMeter, stopwatch: Stopwatch | None = None
) -> tuple[list[Window], list[Window]]:
    """Kept and thrown away in that turn, in rounds of so many steps."""
    return windows_in(turn, lambda: timed_round(work, steps, stopwatch), meter)


def scaled(taken: Iterable[Window], scale: float) -> list[Window]:
    """As they would be with rounds of `scale` times as many steps."""
    return [msgspec.structs.replace(each, rounds=tuple(round_.scaled(scale) for round_ in each.rounds)) for each in taken]
