"""A run that was stored before the house was moved (commit dbfcf39, one H200): it is read, named, compared and judged as it was then."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.findings.ahead import verdicts
from harness.findings.comparison import comparisons, title_of
from harness.findings.figures import shown
from harness.record.measurement import SCHEMA_VERSION, Measurement
from harness.session.cases import case_id
from harness.session.machine import differences
from history.__main__ import main
from history.records import read

STORED = Path(__file__).parent / "stored" / "schema-2.json"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return json.loads(STORED.read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def measurements(report: dict[str, Any]) -> list[Measurement]:
    return [msgspec.convert(each["extra_info"]["measurement"], Measurement) for each in report["benchmarks"]]


def test_it_is_of_the_schema_that_is_written_today(report: dict[str, Any]) -> None:
    """So that pytest-benchmark, gate and page compare a run of before with one of after."""
    assert report["machine_info"]["suite"]["schema_version"] == SCHEMA_VERSION


def test_its_cases_have_the_names_that_they_have_today(report: dict[str, Any], measurements: list[Measurement]) -> None:
    for stored, measurement in zip(report["benchmarks"], measurements, strict=True):
        assert stored["name"] == f"test_train_step[{case_id(measurement.case)}]"
        assert stored["group"] == title_of(measurement.case)


def test_it_says_what_it_said(measurements: list[Measurement]) -> None:
    frozen, full = comparisons(measurements)
    assert [each.text for each in (*verdicts(frozen), *verdicts(full))] == ["PyTorch 1.32× faster", "PyTorch 2.02× faster"]
    assert [(each.title, each.text) for each in shown(frozen.reference)] == [
        ("images/s", "2,450"),
        ("step", "13.1 ms"),
        ("step, device's clock", "13.1 ms"),
        ("of the chip's peak", "29.9%"),
        ("J/image", "0.216"),
        ("first step", "1.25 s"),
    ]


def test_it_compares_with_one_of_today(report: dict[str, Any]) -> None:
    now = copy.deepcopy(report["machine_info"])
    now["suite"]["model"] = "resnet50"
    assert differences(now, report["machine_info"]) == []
    now["suite"]["job_experiment_sha256"] = "other"
    assert [each.partition(":")[0] for each in differences(now, report["machine_info"])] == ["job experiment"]


def test_the_gate_and_the_page_take_it(tmp_path: Path, report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    pairs, nights, site = (tmp_path / name for name in ("pairs", "nights", "site"))
    pairs.mkdir()
    nights.mkdir()
    today = copy.deepcopy(report)
    today["machine_info"]["suite"]["model"] = "resnet50"
    for number in range(1, 5):
        shutil.copy(STORED, pairs / f"{number:02d}-base.json")
        (pairs / f"{number:02d}-head.json").write_text(json.dumps(today))
    assert main(["gate", "--pairs", str(pairs)]) == 0
    assert "4 ok" in capsys.readouterr().out
    shutil.copy(STORED, nights / "night.json")
    assert len(read(nights / "night.json").rows) == 4
    assert main(["report", str(nights), "--output", str(site), "--cache", str(tmp_path / "cache"), "--repository", str(tmp_path)]) == 0
    page = (site / "index.html").read_text()
    for text in ("PyTorch 1.32× faster", "PyTorch 2.02× faster", "NVIDIA H200"):
        assert text in page
