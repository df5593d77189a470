"""Warm-up, fence, rounds: on work whose duration is known."""

from __future__ import annotations

import statistics
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.round import Round
from harness.worker.meters.cpu import CpuMeter, cores, wait_until_idle
from harness.worker.meters.slowdown import Slowdown
from harness.worker.timing import sampling
from harness.worker.timing.sampling import UnfencedError, WarmUp, Window, check_fence, steps_per_round, timed_step, warm_up, window, windows
from tests.stand_in.framework import Queued, Steps, Unfenced

pytestmark = pytest.mark.alone

STEP_SECONDS = 0.02


class Settling(Steps):
    """Slow at first, as what traces and compiles."""

    def step(self) -> None:
        time.sleep((0.2, 0.08, 0.04)[self._steps] if self._steps < 3 else 0.01)
        self._steps += 1


def test_the_fence_is_what_makes_a_duration_the_works() -> None:
    """The self-test of the fence: without it the median is not a little off but another thing, and that is noticed."""
    fenced = statistics.median(timed_step(Queued(None, STEP_SECONDS)) for _ in range(5))  # type: ignore[arg-type]
    unfenced = statistics.median(timed_step(Unfenced(None, STEP_SECONDS)) for _ in range(5))  # type: ignore[arg-type]
    assert fenced >= STEP_SECONDS
    assert unfenced < 0.8 * fenced
    check_fence(Queued(None, STEP_SECONDS), STEP_SECONDS)  # type: ignore[arg-type]
    with pytest.raises(UnfencedError, match="the fence does not wait"):
        check_fence(Unfenced(None, STEP_SECONDS), unfenced)  # type: ignore[arg-type]


def test_warm_up_goes_on_until_the_steady_state_and_reports_it() -> None:
    warm = warm_up(Settling(None, 0.0))  # type: ignore[arg-type]
    assert warm.step_seconds[0] >= 0.2
    assert warm.steps_to_steady_state >= 3
    assert warm.steady_step_seconds == pytest.approx(0.01, rel=1.0)


def test_warm_up_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "STEADY_SPREAD", 0.0)  # never steady
    assert len(warm_up(Steps(None, 0.0)).step_seconds) == sampling.WARM_UP_STEPS + 1  # type: ignore[arg-type]


@given(st.floats(1e-6, 100.0))
def test_a_round_is_long_enough_for_its_clock(step_seconds: float) -> None:
    steps = steps_per_round(step_seconds)
    assert steps >= 1
    assert steps * step_seconds >= sampling.ROUND_SECONDS * (1 - 1e-9)
    assert steps == 1 or (steps - 1) * step_seconds < sampling.ROUND_SECONDS * (1 + 1e-9)


@given(st.lists(st.floats(0.001, 1.0), min_size=4, max_size=20))
def test_the_steady_state_begins_within_the_warm_up(step_seconds: list[float]) -> None:
    warm = WarmUp(tuple(step_seconds))
    assert 0 <= warm.steps_to_steady_state <= len(step_seconds)
    limit = sampling.STEADY_SPREAD * warm.steady_step_seconds
    assert all(seconds <= limit for seconds in step_seconds[warm.steps_to_steady_state :])


def test_a_window_is_long_enough_for_the_kernels_clock_and_no_longer_than_asked() -> None:
    taken = window(Steps(None, STEP_SECONDS), 1, 3, CpuMeter(), max_rounds=100)  # type: ignore[arg-type]
    assert sum(each.seconds for each in taken.rounds) >= sampling.WINDOW_SECONDS
    assert {each.block for each in taken.rounds} == {3}
    assert len(window(Steps(None, 0.001), 1, 0, CpuMeter(), max_rounds=2).rounds) == 2  # type: ignore[arg-type]


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
    with_one = window(Steps(None, STEP_SECONDS), 2, 0, CpuMeter(), 3, Halving())  # type: ignore[arg-type]
    assert [each.device_seconds for each in with_one.rounds] == [pytest.approx(each.seconds / 2, rel=0.1) for each in with_one.rounds]
    assert window(Steps(None, STEP_SECONDS), 2, 0, CpuMeter(), 1).rounds[0].device_seconds is None  # type: ignore[arg-type]


def test_at_least_one_and_at_most_the_rounds_asked_for() -> None:
    assert len(windows(scripted([0.0]), seconds=0.0, max_rounds=5, retake_seconds=0.0)[0]) == 1
    assert len(windows(scripted([0.0]), seconds=60.0, max_rounds=5, retake_seconds=0.0)[0]) == 5


def spin(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def test_the_meter_knows_its_own_cpu_time() -> None:
    meter = CpuMeter()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    usage = meter.usage()
    assert usage.own_seconds == pytest.approx(0.3, rel=0.2)
    assert usage.wall_seconds >= usage.own_seconds * 0.9
    assert 0.0 <= usage.foreign_share <= 1.0


def test_waiting_for_idle_ends_when_the_process_rests_and_at_the_limit() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=spin, args=(stop,))
    thread.start()
    start = time.perf_counter()
    wait_until_idle(0.3)
    assert time.perf_counter() - start >= 0.3
    stop.set()
    thread.join()
    start = time.perf_counter()
    wait_until_idle(10.0)
    assert time.perf_counter() - start < 5.0


def test_cores_are_those_the_process_may_run_on() -> None:
    assert cores() >= 1
