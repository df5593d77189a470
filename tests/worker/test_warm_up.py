"""Warm-up: on work that is slow at first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker.timing import warm_up as steady
from harness.worker.timing.warm_up import WarmUp, warm_up
from tests.stand_in.framework import Steps

pytestmark = pytest.mark.alone


class Settling(Steps):
    """Slow at first, as what traces and compiles."""

    def step(self) -> None:
        time.sleep((0.2, 0.08, 0.04)[self._steps] if self._steps < 3 else 0.01)
        self._steps += 1


def test_warm_up_goes_on_until_the_steady_state_and_reports_it() -> None:
    warm = warm_up(Settling(None, 0.0))  # type: ignore[arg-type]
    assert warm.step_seconds[0] >= 0.2
    assert warm.steps_to_steady_state >= 3
    assert warm.steady_step_seconds == pytest.approx(0.01, rel=1.0)


def test_warm_up_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "STEADY_SPREAD", 0.0)  # never steady
    assert len(warm_up(Steps(None, 0.0)).step_seconds) == steady.WARM_UP_STEPS + 1  # type: ignore[arg-type]


@given(st.lists(st.floats(0.001, 1.0), min_size=4, max_size=20))
def test_the_steady_state_begins_within_the_warm_up(step_seconds: list[float]) -> None:
    warm = WarmUp(tuple(step_seconds))
    assert 0 <= warm.steps_to_steady_state <= len(step_seconds)
    limit = steady.STEADY_SPREAD * warm.steady_step_seconds
    assert all(seconds <= limit for seconds in step_seconds[warm.steps_to_steady_state :])
