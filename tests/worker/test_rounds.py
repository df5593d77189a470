"""Rounds and their windows: on work whose duration is known."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.frameworks.contract import Stopwatch
from harness.record.round import Round
from harness.worker.meters.cpu import CpuMeter
from harness.worker.meters.slowdown import Slowdown
from harness.worker.timing import rounds as timing
from harness.worker.timing.rounds import Timed, Window, steps_per_round, timed_round, window, windows
from tests.stand_in.framework import Steps

pytestmark = pytest.mark.alone

STEP_SECONDS = 0.02


def rounds_of(step_seconds: float, steps: int = 1, stopwatch: Stopwatch | None = None) -> Callable[[], Timed]:
    work = Steps(None, step_seconds)  # type: ignore[arg-type]
    return lambda: timed_round(work, steps, stopwatch)


@given(st.floats(1e-6, 100.0))
def test_a_round_is_long_enough_for_its_clock(step_seconds: float) -> None:
    steps = steps_per_round(step_seconds)
    assert steps >= 1
    assert steps * step_seconds >= timing.ROUND_SECONDS * (1 - 1e-9)
    assert steps == 1 or (steps - 1) * step_seconds < timing.ROUND_SECONDS * (1 + 1e-9)


def test_a_window_is_long_enough_for_the_kernels_clock_and_no_longer_than_asked() -> None:
    taken = window(rounds_of(STEP_SECONDS), 3, CpuMeter(), max_rounds=100)
    assert sum(each.seconds for each in taken.rounds) >= timing.WINDOW_SECONDS
    assert {each.block for each in taken.rounds} == {3}
    assert len(window(rounds_of(0.001), 0, CpuMeter(), max_rounds=2).rounds) == 2


def scripted(foreign: list[float], throttled: float | None = None, seconds: float = 0.01):  # type: ignore[no-untyped-def]
    """Takes windows of one round with the given shares of foreign CPU time, over and over."""
    taken = iter(foreign * 1000)

    def take(_: int) -> Window:
        time.sleep(0.001)
        return Window((Round(seconds, seconds, next(taken), 0, throttled_share=throttled),), Slowdown({}, 1))

    return take


def test_disturbed_windows_are_taken_again_within_bounds() -> None:
    kept, thrown_away = windows(scripted([0.9, 0.0]), seconds=0.05, max_rounds=5, retake_seconds=1.0)
    assert all(each.sound for each in kept)
    assert not any(each.sound for each in thrown_away)
    assert thrown_away


def test_with_the_retakes_used_up_disturbed_windows_are_kept_and_flagged() -> None:
    kept, thrown_away = windows(scripted([0.9]), seconds=0.0, max_rounds=5, retake_seconds=0.035)
    assert len(thrown_away) == 4
    assert len(kept) == 1
    assert kept[0].rounds[0].disturbed


def test_throttled_windows_are_taken_again_within_the_same_bounds() -> None:
    kept, thrown_away = windows(scripted([0.0], throttled=0.2), seconds=0.0, max_rounds=5, retake_seconds=0.035)
    assert len(thrown_away) == 4
    assert kept[0].rounds[0].throttled
    kept, thrown_away = windows(scripted([0.0], throttled=0.01), seconds=0.0, max_rounds=5, retake_seconds=0.035)
    assert (len(kept), thrown_away) == (1, [])


class Halving:
    """A device whose own clock sees half of what the wall clock does."""

    def start(self) -> None:
        self._start = time.perf_counter()

    def stop(self) -> None:
        self._stop = time.perf_counter()

    def seconds(self) -> float:
        return (self._stop - self._start) / 2


def test_a_round_has_the_devices_own_time_where_there_is_a_stopwatch() -> None:
    with_one = window(rounds_of(STEP_SECONDS, 2, Halving()), 0, CpuMeter(), 3)
    assert [each.device_seconds for each in with_one.rounds] == [pytest.approx(each.seconds / 2, rel=0.1) for each in with_one.rounds]
    assert window(rounds_of(STEP_SECONDS, 2), 0, CpuMeter(), 1).rounds[0].device_seconds is None


def test_at_least_one_and_at_most_the_rounds_asked_for() -> None:
    assert len(windows(scripted([0.0]), seconds=0.0, max_rounds=5, retake_seconds=0.0)[0]) == 1
    assert len(windows(scripted([0.0]), seconds=60.0, max_rounds=5, retake_seconds=0.0)[0]) == 5
