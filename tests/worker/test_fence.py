"""The fence: on work whose duration is known."""

from __future__ import annotations

import statistics

import pytest

from harness.worker.timing.fence import UnfencedError, check_fence
from harness.worker.timing.step import timed_step
from tests.stand_in.framework import Queued, Unfenced

pytestmark = pytest.mark.alone

STEP_SECONDS = 0.02


def test_the_fence_is_what_makes_a_duration_the_works() -> None:
    """The self-test of the fence: without it the median is not a little off but another thing, and that is noticed."""
    fenced = statistics.median(timed_step(Queued(None, STEP_SECONDS)) for _ in range(5))  # type: ignore[arg-type]
    unfenced = statistics.median(timed_step(Unfenced(None, STEP_SECONDS)) for _ in range(5))  # type: ignore[arg-type]
    assert fenced >= STEP_SECONDS
    assert unfenced < 0.8 * fenced
    check_fence(Queued(None, STEP_SECONDS), STEP_SECONDS)  # type: ignore[arg-type]
    with pytest.raises(UnfencedError, match="the fence does not wait"):
        check_fence(Unfenced(None, STEP_SECONDS), unfenced)  # type: ignore[arg-type]
