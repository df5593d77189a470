"""A whole job's figures: the time to its target, the curves of two jobs, and the report's five metrics."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.case import Case, Style, Workload
from harness.record.measurement import Epoch, Measurement, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session import job
from harness.session.terminal.five_metrics import NO_WINNER, Metric, five_metrics


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


def measured(framework: str, *epochs: Epoch, deviation: float = 1.0, peak_bytes: int = 2**30) -> Measurement:
    return Measurement(
        case=Case(framework=framework, phase="fine_tuning", workload=Workload.FROZEN, style=Style.STOCK, batch_size=32),
        outcome=Outcome.OK,
        figures={"validation_loss_deviation": deviation},
        readings=(Reading("allocator_peak_bytes", None, "x", "no GPU"), Reading("host_with_children_bytes", peak_bytes, "x")),
        epochs=epochs,
        rounds=tuple(Round(each.training_seconds + each.validation_seconds, 1.0, 0.0, turn) for turn, each in enumerate(epochs)),
    )


def rows(first: Measurement, second: Measurement) -> dict[str, Metric]:
    return {metric.name: metric for metric in five_metrics(first, second)}


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


def test_the_five_metrics_name_winners_that_are_sure() -> None:
    slow = measured("pytorch", *[epoch(0.29, 3.0, seconds) for seconds in (2.0, 2.1, 1.9)], peak_bytes=2**31)
    fast = measured("tensorflow", *[epoch(0.64, 1.5, seconds) for seconds in (1.0, 1.05, 0.95)])
    found = rows(slow, fast)
    assert list(found) == ["validation loss", "validation accuracy", "training time", "inference latency", "peak memory"]
    assert [metric.winner for metric in found.values()] == [
        "TensorFlow",
        "TensorFlow",
        "TensorFlow, 2.00× faster",
        "TensorFlow, 2.00× faster",
        "TensorFlow, 2.00× lighter",
    ]
    assert found["training time"].values == ("6 s, 2 s an epoch", "3 s, 1 s an epoch")
    assert found["inference latency"].values == ("0.5 s, 2.5 ms an image", "0.25 s, 1.25 ms an image")
    assert found["peak memory"].interval == "× 2.00, one run"


def test_the_five_metrics_name_no_winner_by_chance() -> None:
    first = measured("pytorch", *[epoch(0.50, 1.50, seconds) for seconds in (2.0, 2.2, 1.9)])
    second = measured("tensorflow", *[epoch(0.55, 1.45, seconds) for seconds in (2.1, 2.0, 2.0)])
    assert {metric.winner for metric in rows(first, second).values()} == {NO_WINNER}


def test_newcombes_interval() -> None:
    """The example of Newcombe 1998, table II, row (a): 56/70 − 48/80, method 10."""
    first = measured("pytorch", *[epoch(56 / 70, images=70)] * 3)
    second = measured("tensorflow", *[epoch(48 / 80, images=80)] * 3)
    assert rows(first, second)["validation accuracy"].interval == "+0.052 … +0.334"


def test_too_few_epochs_are_not_called() -> None:
    found = rows(measured("pytorch", epoch()), measured("tensorflow", epoch()))
    assert found["training time"].winner == "not called: disturbed, or too few epochs"


def test_disturbed_epochs_call_no_winner() -> None:
    slow = measured("pytorch", *[epoch(seconds=2.0)] * 4)
    fast = measured("tensorflow", *[epoch(seconds=1.0)] * 4)
    disturbed = tuple(msgspec.structs.replace(each, foreign_cpu_share=0.5) for each in slow.rounds[:2])
    slow = msgspec.structs.replace(slow, rounds=disturbed + slow.rounds[2:])
    assert rows(slow, fast)["training time"].winner == "not called: disturbed, or too few epochs"


def test_a_loss_that_is_no_number_is_never_alike() -> None:
    sound, diverged = [epoch(loss=2.0), epoch(loss=1.0)], [epoch(loss=2.0), epoch(loss=float("nan"))]
    for ours, theirs in ((sound, diverged), (diverged, sound), (diverged, diverged), (sound, [epoch(loss=2.0), epoch(loss=0.0)])):
        assert [check.name for check in job.curve_checks(ours, theirs) if not check.holds] == [
            "training loss curve",
            "validation loss curve",
        ]
