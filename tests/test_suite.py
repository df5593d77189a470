"""The main job with both real frameworks: what it measures, prints and writes down."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.record.case import Execution, Style
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.main_job import PROJECT, command, read

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PHASES = ("data_pipeline", "train_step", "inference", "memory")


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
