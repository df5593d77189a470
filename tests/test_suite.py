"""The main job with both real frameworks, on an experiment small enough for a test; and a real worker really killed."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.record.case import Execution, Style
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.frameworks.conftest import interpreter
from tests.session.conftest import LIGHT
from tests.session.conftest import measurements as measurements_in

pytestmark = pytest.mark.alone

PROJECT = Path(__file__).parents[1]
EXPERIMENT = {"batch_size": 4, "image_size": 64}
QUICK = ("--budget=none", "--benchmark-max-time=0.5", "--benchmark-min-rounds=5", "--benchmark-precision=0.2", *LIGHT)
PHASES = ("data_pipeline", "train_step", "inference", "memory")
WORKERS = [f"--worker={framework}=popen//python={interpreter(framework)}" for framework in ("pytorch", "tensorflow")]


def command(folder: Path, *arguments: str, experiment: dict[str, Any] = EXPERIMENT) -> list[str]:
    (folder / "small.json").write_text(json.dumps(experiment))
    own = [f"--benchmark-json={folder / 'out.json'}", f"--benchmark-storage={folder / 'storage'}", f"--experiment={folder / 'small.json'}"]
    return [sys.executable, "-m", "pytest", "benchmarks", *QUICK, *WORKERS, *own, *arguments]


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Measurement]]:
    """The JSON, and its measurements by case id."""
    report = json.loads((folder / "out.json").read_text())
    return report, measurements_in(report)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the main job writes its JSON."""
    return tmp_path_factory.mktemp("main_job")


@pytest.fixture(scope="module")
def main_job(folder: Path) -> tuple[str, dict[str, Any], dict[str, Measurement]]:
    """Output, JSON and measurements of the core set, less what only repeats it at another size."""
    chosen = ["-m", "core", "-k", "not full and not (test_inference and bs4) and not model_formats"]
    done = subprocess.run(command(folder, *chosen), cwd=PROJECT, capture_output=True, text=True, timeout=1200, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == pytest.ExitCode.OK
    return done.stdout, *read(folder)


def test_every_phase_is_measured_for_both_frameworks_in_both_styles(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, report, measurements = main_job
    assert report["unmeasured"] == []
    assert {(each.case.framework, each.case.phase, each.case.style) for each in measurements.values()} == {
        (framework, phase, style) for framework in ("pytorch", "tensorflow") for phase in PHASES for style in (Style.MATCHED, Style.STOCK)
    }
    for each in measurements.values():
        assert each.outcome is Outcome.OK
        assert each.cold_start is not None
        assert each.cold_start.first_step_seconds > 0
        assert all(round_.seconds > 0 and round_.cpu_seconds > 0 for round_ in each.rounds)
        assert len(each.rounds) >= 5


def test_matched_cases_were_given_and_did_the_same_work(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, measurements = main_job
    for each in measurements.values():
        if each.case.style is Style.MATCHED:
            assert each.equal_work is not None
            assert each.equal_work.holds
            assert {"pixels", "labels"} <= {check.name for check in each.equal_work.checks}
    provenances = {each.provenance for each in measurements.values()}
    assert len(provenances) == 1


def test_a_latency_has_the_rounds_for_its_percentiles(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, measurements = main_job
    singles = [each for each in measurements.values() if each.case.batch_size == 1]
    assert singles
    for each in singles:
        assert each.steps_per_round == 1
        assert len(each.rounds) >= 100


def test_the_compilers_cold_start_is_apart_from_the_steady_state(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, measurements = main_job
    compiled = [each for each in measurements.values() if each.case.execution is Execution.COMPILED]
    assert len(compiled) == 2
    for each in compiled:
        assert each.cold_start is not None
        assert each.cold_start.first_step_seconds > 10 * each.median_step_seconds
        assert max(each.step_seconds) < each.cold_start.first_step_seconds / 2


def test_memory_is_read_and_a_meter_that_cannot_says_why(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, measurements = main_job
    for each in measurements.values():
        if each.case.phase == "memory":
            readings = {reading.name: reading for reading in each.readings}
            peak, baseline = readings["host_peak_bytes"].value_bytes, readings["host_baseline_bytes"].value_bytes
            assert peak is not None
            assert baseline is not None
            assert peak > baseline > 50 * 2**20
            anonymous, of_files = readings["host_anonymous_bytes"].value_bytes, readings["host_file_bytes"].value_bytes
            assert anonymous is not None
            assert of_files is not None
            assert min(anonymous, of_files) > 50 * 2**20
            assert readings["host_children_bytes"].value_bytes or max(anonymous, of_files) < peak <= anonymous + of_files + 2**20
            assert all(reading.status for reading in each.readings)
            assert all(reading.value_bytes is not None or reading.status != "ok" for reading in each.readings)


def test_a_pipeline_is_in_steady_state(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    """Not flattered by full buffers: the first round of a block is no faster than the others."""
    _, _, measurements = main_job
    for each in measurements.values():
        if each.case.phase == "data_pipeline":
            assert 0.0 < each.figures["accelerator_utilisation_at_200_images_per_second"] <= 1.0
            first = [next(r.seconds for r in each.rounds if r.block == block) for block in {r.block for r in each.rounds}]
            assert statistics.median(first) > 0.5 * each.median_step_seconds * each.steps_per_round


def test_what_the_machine_is_stands_in_the_json(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, report, _ = main_job
    info = report["machine_info"]
    assert set(info["workers"]) == {"pytorch-matched", "pytorch-stock", "tensorflow-matched", "tensorflow-stock"}
    assert info["workers"]["pytorch-matched"]["framework"].startswith("torch ")
    assert info["workers"]["tensorflow-matched"]["framework"].startswith("tensorflow ")
    assert info["suite"]["experiment_sha256"]
    assert info["suite"]["corpus_sha256"]
    assert info["suite"]["models"]["resnet50"]["weights_sha256"]


def test_the_side_by_side_is_printed(main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    output, _, _ = main_job
    side_by_side = output.partition("side by side")[2]
    for text in ("Data pipeline", "Train step", "Inference", "Memory", "PyTorch", "TensorFlow", "images/s", "p99", "checks hold"):
        assert text in side_by_side
    assert "went into measuring and warming up" in side_by_side


def test_pictures_are_made_of_it(folder: Path, main_job: tuple[str, dict[str, Any], dict[str, Measurement]]) -> None:
    command = [sys.executable, "-m", "tests.history.report.pictures", str(folder), str(folder / "pictures")]
    subprocess.run(command, cwd=PROJECT, timeout=120, check=True)
    made = {path.name: path.stat().st_size for path in (folder / "pictures").iterdir()}
    assert made.keys() == {path.name for path in (PROJECT / "docs" / "images").glob("report-*.png")}
    assert min(made.values()) > 5_000


def test_the_whole_job_is_equal_work_and_learns(tmp_path: Path) -> None:
    """Both frameworks fine-tune on the same images in the same order, and come out alike and well above chance."""
    experiment = {"extends": "exp3_resnet50_bs32_lr1e-3_e12", "epochs": 5, "image_size": 32, "target_accuracy": 0.03}
    chosen = ["-k", "fine_tuning and matched"]
    done = subprocess.run(
        command(tmp_path, *chosen, experiment=experiment), cwd=PROJECT, capture_output=True, text=True, timeout=1200, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == pytest.ExitCode.OK
    report, measurements = read(tmp_path)
    for each in measurements.values():
        assert len(each.rounds) == len(each.epochs) == 5
        assert each.equal_work is not None
        curves = {check.name: check for check in each.equal_work.checks}
        assert curves["training loss curve"].holds
        assert curves["validation loss curve"].difference < 1e-2
        assert each.epochs[-1].training_loss < 0.95 * each.epochs[0].training_loss
        assert max(epoch.validation_accuracy for epoch in each.epochs) > 3 / 102
        assert each.figures["time_to_target_seconds"] > 0
    assert "The report's five metrics" in done.stdout
    assert report["experiments"]["jobs"]["image_size"] == 32


IMPORTED_SECONDS = 8.0  # of CPU time: the framework is imported, and what the worker does from then on was asked for


def is_at_work(worker: psutil.Process) -> bool:
    """While the other side has its turn a worker rests, and a death then costs nothing: the next case gets a fresh one."""
    return worker.cpu_times().user > IMPORTED_SECONDS and worker.cpu_percent(interval=0.2) > 50.0


def workers_of(process: psutil.Process, framework: str) -> Iterator[psutil.Process]:
    for child in process.children():
        with suppress(psutil.Error, IndexError):  # one that has just ended
            if child.cmdline()[0] == interpreter(framework):
                yield child


def test_a_worker_killed_with_sigkill_costs_its_case_only(tmp_path: Path) -> None:
    chosen = [
        "-k",
        "test_train_step and frozen and fp32 and (eager or graph) and not fused_norm and not attribution",
        "--benchmark-min-rounds=100",
        "--benchmark-max-time=10",
    ]
    with subprocess.Popen(command(tmp_path, *chosen), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as job:
        started = time.monotonic()
        killed: list[psutil.Process] = []
        while not killed and time.monotonic() - started < 120:
            time.sleep(0.2)
            for worker in workers_of(psutil.Process(job.pid), "tensorflow"):
                if is_at_work(worker):
                    killed = [worker, *worker.children(recursive=True)]
                    os.kill(worker.pid, signal.SIGKILL)
        output, _ = job.communicate(timeout=600)
    print(output)
    assert job.returncode == pytest.ExitCode.TESTS_FAILED
    _, measurements = read(tmp_path)
    assert {each.case.framework: each.outcome for each in measurements.values()} == {"pytorch": Outcome.OK, "tensorflow": Outcome.CRASHED}
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in killed)
