"""The fine-tuning phase with stand-ins: epochs in turns, live progress, a target, curves that part, and a run that is repeated."""

from __future__ import annotations

import json

import pytest

from harness.record.outcome import Outcome
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

@pytest.mark.cases(phase="fine_tuning", workload="experiment", style="matched", execution="plain", precision="fp32")
@pytest.mark.cases(phase="fine_tuning", workload="experiment", style="stock")
def test_fine_tuning(measure):
    measure()
"""
MATCHED, STOCK = "matched-plain-fp32-frozen-bs4", "stock-frozen-bs4"


@pytest.fixture
def jobs(inner: InnerRun) -> InnerRun:
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use("sound", "queued")
    return inner


def experiment(inner: InnerRun, **values: object) -> str:
    path = inner.folder / "mine.json"
    path.write_text(json.dumps({"extends": "exp1_resnet50_bs32_lr1e-3_e10", "batch_size": 4, "epochs": 4} | values))
    return f"--experiment={path}"


def test_the_whole_job_and_its_five_metrics(jobs: InnerRun) -> None:
    code, output = jobs.run("--benchmark-json=out.json", "-k", "fine_tuning", experiment(jobs, target_accuracy=0.8))
    assert code == pytest.ExitCode.OK
    found = measurements(jobs.json())
    assert len(found) == 4
    for each in found.values():
        assert [round_.block for round_ in each.rounds] == [0, 1, 2, 3]
        assert [epoch.validation_accuracy for epoch in each.epochs] == [0.5, 0.75, 0.875, 0.9375]
        seconds = [epoch.training_seconds + epoch.validation_seconds for epoch in each.epochs]
        assert [round_.seconds for round_ in each.rounds] == pytest.approx(seconds)
        assert each.figures["time_to_target_seconds"] == pytest.approx(sum(seconds[:3]))
        assert {reading.name for reading in each.readings} >= {"host_peak_bytes", "host_anonymous_bytes", "allocator_peak_bytes"}
    receipt = found[f"test_fine_tuning[queued-{MATCHED}]"].equal_work
    assert receipt is not None
    assert receipt.holds
    assert {"pixels", "loss curve", "training loss curve", "validation loss curve", "validation accuracy"} <= {
        check.name for check in receipt.checks
    }
    for text in ("Sound: epoch 1/4: loss 2, validation loss 2.25, accuracy 0.500", "Queued: epoch 4/4", "time to target"):
        assert text in output
    assert output.count("The report's five metrics") == 2
    for metric in ("validation loss", "validation accuracy", "training time", "inference latency", "peak memory"):
        assert metric in output
    (stats,) = (each["stats"] for each in jobs.json()["benchmarks"] if each["name"] == f"test_fine_tuning[sound-{STOCK}]")
    assert stats["rounds"] == 4


def test_a_target_that_is_never_reached(jobs: InnerRun) -> None:
    """A matched job has failed, and its epochs are kept; a stock one is what it is, and says so."""
    code, output = jobs.run("--benchmark-json=out.json", "-k", "fine_tuning", experiment(jobs, target_accuracy=0.99))
    assert code == pytest.ExitCode.TESTS_FAILED
    found = measurements(jobs.json())
    missed, stock = found[f"test_fine_tuning[sound-{MATCHED}]"], found[f"test_fine_tuning[sound-{STOCK}]"]
    why = "the validation accuracy came to 0.938 in 4 epochs, the experiment's target is 0.99"
    assert (missed.outcome, missed.detail, len(missed.epochs)) == (Outcome.TARGET_MISSED, why, 4)
    assert (stock.outcome, stock.missing["time_to_target_seconds"]) == (Outcome.OK, why)
    assert f"target_missed: {why}" in output
    assert "not reached" in output


def test_curves_that_part_are_unequal_work(jobs: InnerRun) -> None:
    jobs.use("sound", "unequal", "queued")
    code, _ = jobs.run("--benchmark-json=out.json", "-k", "fine_tuning", experiment(jobs))
    assert code == pytest.ExitCode.TESTS_FAILED
    found = measurements(jobs.json())
    assert {name: each.outcome for name, each in found.items() if STOCK in name} == {
        f"test_fine_tuning[{name}-{STOCK}]": Outcome.OK for name in ("sound", "unequal", "queued")
    }
    # It is found unequal before it has cost a job: by the gradient norm.
    assert found[f"test_fine_tuning[unequal-{MATCHED}]"].epochs == ()
    assert found[f"test_fine_tuning[unequal-{MATCHED}]"].outcome is Outcome.UNEQUAL_WORK
    assert found[f"test_fine_tuning[queued-{MATCHED}]"].outcome is Outcome.OK


def test_a_run_is_repeated_from_its_json(jobs: InnerRun) -> None:
    code, _ = jobs.run("--benchmark-json=first.json", "-k", "fine_tuning and stock", experiment(jobs, learning_rate=0.02))
    assert code == pytest.ExitCode.OK
    code, _ = jobs.run("--benchmark-json=second.json", "-k", "fine_tuning and stock", f"--experiment={jobs.folder / 'first.json'}")
    assert code == pytest.ExitCode.OK
    first, second = jobs.json("first.json"), jobs.json("second.json")
    assert first["experiments"]["jobs"]["learning_rate"] == 0.02
    assert first["experiments"] == second["experiments"]
    assert first["machine_info"]["suite"] == second["machine_info"]["suite"]
    assert first["machine_info"]["suite"]["models"]["resnet50"]["job_weights_sha256"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimizer": "lion"}, "Invalid enum value 'lion' - at `$.optimizer`"),
        ({"batch_size": -4}, "Expected `int` >= 1 - at `$.batch_size`"),
        ({"extends": "exp9"}, "no experiment"),
    ],
)
def test_a_bad_experiment_is_refused_before_anything_runs(jobs: InnerRun, values: dict[str, object], message: str) -> None:
    code, output = jobs.run(experiment(jobs, **values))
    assert code == pytest.ExitCode.USAGE_ERROR
    assert message in output
