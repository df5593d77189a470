"""The fence: on work whose duration is known."""

from __future__ import annotations

import statistics

import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.worker.timing.fence import UnfencedError, check_fence
from harness.worker.timing.step import timed_step
from tests.stand_in.framework import Queued, Unfenced

pytestmark = pytest.mark.alone

STEP_SECONDS = 0.02
CASE = Case(framework="any", phase="train_step", workload=Workload.FULL, style=Style.MATCHED, batch_size=8)
SETUP = setup_of(CASE, Experiment(name="x"), model=find(DEFAULT))


def test_the_fence_is_what_makes_a_duration_the_works() -> None:
    """The self-test of the fence: without it the median is not a little off but another thing, and that is noticed."""
    fenced = statistics.median(timed_step(Queued(SETUP, STEP_SECONDS)) for _ in range(5))
    unfenced = statistics.median(timed_step(Unfenced(SETUP, STEP_SECONDS)) for _ in range(5))
    assert fenced >= STEP_SECONDS
    assert unfenced < 0.8 * fenced
    check_fence(Queued(SETUP, STEP_SECONDS), STEP_SECONDS)
    with pytest.raises(UnfencedError, match="the fence does not wait"):
        check_fence(Unfenced(SETUP, STEP_SECONDS), unfenced)
