"""pytest-benchmark stays what its users know: storage, comparison, threshold, histogram, its own command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.findings.comparison import title_of
from harness.record.measurement import SCHEMA_VERSION, Measurement
from tests.session.conftest import InnerRun

ONE = ("-k", "inference and bs8")


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storage of a first run."""
    first = InnerRun(tmp_path_factory.mktemp("first"))
    first.use("sound", "queued")
    code, _ = first.run("--benchmark-autosave", *ONE)
    assert code == pytest.ExitCode.OK
    return first.folder / ".benchmarks"


@pytest.fixture
def saved(inner: InnerRun, storage: Path) -> Path:
    """The stored JSON of a first run, in the storage of the next."""
    inner.use("sound", "queued")
    shutil.copytree(storage, inner.folder / ".benchmarks")
    (path,) = (inner.folder / ".benchmarks").rglob("*.json")
    return path


def change(path: Path, section: str, field: str, value: object) -> None:
    report = json.loads(path.read_text())
    report["machine_info"][section][field] = value
    path.write_text(json.dumps(report))


def test_compare_shows_then_and_now_in_one_table(inner: InnerRun, saved: Path) -> None:
    code, output = inner.run("--benchmark-compare", *ONE)
    assert code == pytest.ExitCode.OK
    assert "benchmark 'inference matched plain fp32 bs8': 4 tests" in output
    assert "(0001_" in output
    assert "(NOW)" in output


def test_compare_fail_passes_and_fails_and_the_side_by_side_is_shown_all_the_same(inner: InnerRun, saved: Path) -> None:
    code, _ = inner.run("--benchmark-compare", "--benchmark-compare-fail=median:2000%", *ONE)
    assert code == pytest.ExitCode.OK
    report = json.loads(saved.read_text())
    for each in report["benchmarks"]:
        each["stats"]["median"] /= 100
    saved.write_text(json.dumps(report))
    code, output = inner.run("--benchmark-compare", "--benchmark-compare-fail=median:2000%", *ONE)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Performance has regressed" in output
    assert "side by side" in output


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("cpu", "brand_raw", "Another CPU"),  # known before anything is measured
        ("workers", "sound-matched", {"framework": "stand-in 0"}),  # known once the workers have told
    ],
)
def test_another_machine_or_build_is_refused(inner: InnerRun, saved: Path, section: str, field: str, value: object) -> None:
    change(saved, section, field, value)
    code, output = inner.run("--benchmark-compare", "--benchmark-autosave", *ONE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "the saved run does not compare with this one" in output
    assert "--compare-anyway" in output
    assert list((inner.folder / ".benchmarks").rglob("*.json")) == [saved], "a refused run is no baseline for the next"


def test_compare_anyway(inner: InnerRun, saved: Path) -> None:
    change(saved, "cpu", "brand_raw", "Another CPU")
    change(saved, "workers", "sound-matched", {"framework": "stand-in 0"})
    code, output = inner.run("--benchmark-compare", "--compare-anyway", *ONE)
    assert code == pytest.ExitCode.OK
    assert "(NOW)" in output


def test_histogram(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, _ = inner.run("--benchmark-histogram=histogram", *ONE)
    assert code == pytest.ExitCode.OK
    assert [path.name for path in inner.folder.glob("*.svg")] == ["histogram-inference_matched_plain_fp32_bs8.svg"]


def test_pytest_benchmarks_own_command_reads_the_storage(inner: InnerRun, saved: Path) -> None:
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "--csv=out.csv"]
    done = subprocess.run(command, cwd=inner.folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "test_inference[sound-matched-plain-fp32-bs8]" in done.stdout
    assert "median" in (inner.folder / "out.csv").read_text()


def test_the_whole_measurement_is_in_the_json(inner: InnerRun, saved: Path) -> None:
    report = json.loads(saved.read_text())
    assert len(report["benchmarks"]) == 2
    for each in report["benchmarks"]:
        measurement = msgspec.convert(each["extra_info"]["measurement"], Measurement)
        assert measurement.schema_version == SCHEMA_VERSION
        assert measurement.provenance is not None
        assert measurement.provenance.experiment_sha256 == report["machine_info"]["suite"]["experiment_sha256"]
        assert each["stats"]["median"] == pytest.approx(measurement.median_step_seconds)
        assert each["stats"]["rounds"] == len(measurement.rounds)
        assert each["stats"]["iterations"] == measurement.steps_per_round
        assert each["group"] == title_of(measurement.case)
        assert each["params"]["framework"] == measurement.case.framework


def test_disabled_benchmarks_still_run_once(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-disable", "--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK
    assert "12 passed" in output
    assert not (inner.folder / "out.json").exists()
