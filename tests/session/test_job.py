"""A whole job's figures: the time to its target, and the curves of two jobs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.measurement import Epoch
from harness.session import job


def epoch(accuracy: float = 0.5, loss: float = 1.0, seconds: float = 2.0, images: int = 200) -> Epoch:
    return Epoch(
        training_seconds=seconds,
        validation_seconds=seconds / 4,
        training_loss=loss,
        validation_loss=loss,
        validation_accuracy=accuracy,
        training_images=800,
        validation_images=images,
    )


def test_time_to_target_ends_with_the_epoch_that_reached_it() -> None:
    job_epochs = [epoch(0.1), epoch(0.4), epoch(0.3), epoch(0.6)]
    assert job.seconds_to(0.4, job_epochs) == pytest.approx(5.0)
    assert job.seconds_to(0.5, job_epochs) == pytest.approx(10.0)
    assert job.seconds_to(0.61, job_epochs) is None
    assert job.shortfall(0.61, job_epochs) == "the validation accuracy came to 0.6 in 4 epochs, the experiment's target is 0.61"


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10), st.floats(0.01, 1.0))
def test_a_target_is_reached_when_the_best_epoch_reaches_it(accuracies: list[float], target: float) -> None:
    reached = job.seconds_to(target, [epoch(accuracy) for accuracy in accuracies])
    assert (reached is not None) == (max(accuracies) >= target)


def test_curves_that_part_are_seen() -> None:
    same, other = [epoch(loss=2.0), epoch(loss=1.0)], [epoch(loss=2.0), epoch(loss=1.02)]
    assert all(check.holds for check in job.curve_checks(same, same))
    broken = {check.name: check.difference for check in job.curve_checks(other, same) if not check.holds}
    assert broken == pytest.approx({"training loss curve": 0.02, "validation loss curve": 0.02})
    assert not all(check.holds for check in job.curve_checks([epoch(0.5)], [epoch(0.53)]))


def test_a_loss_that_is_no_number_is_never_alike() -> None:
    sound, diverged = [epoch(loss=2.0), epoch(loss=1.0)], [epoch(loss=2.0), epoch(loss=float("nan"))]
    for ours, theirs in ((sound, diverged), (diverged, sound), (diverged, diverged), (sound, [epoch(loss=2.0), epoch(loss=0.0)])):
        assert [check.name for check in job.curve_checks(ours, theirs) if not check.holds] == [
            "training loss curve",
            "validation loss curve",
        ]
