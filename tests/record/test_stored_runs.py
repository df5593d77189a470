"""Runs that were stored before the house was moved (commit dbfcf39): read, named and compared as they were then, judged as today's are."""

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

STORED = Path(__file__).parent / "stored"
ON_A_GPU, ON_A_CPU = "schema-2.json", "schema-2-cpu.json"  # of one H200; of a machine without one
SAID = {
    ON_A_GPU: {
        "train step frozen matched plain fp32 bs32": "PyTorch 1.32× faster",
        "train step full matched plain fp32 bs32": "PyTorch 2.02× faster",
    },
    ON_A_CPU: {
        "data pipeline matched bs8": "undecided",
        "inference matched plain fp32 bs1": "TensorFlow 1.54× faster",
        "memory frozen matched plain fp32 bs8": "TensorFlow 1.03× lighter",
    },
}
SHOWN = {
    ON_A_GPU: [
        ("images/s", "2,450"),
        ("step", "13.1 ms"),
        ("step, device's clock", "13.1 ms"),
        ("of the chip's peak", "29.9%"),
        ("J/image", "0.216"),
        ("first step", "1.25 s"),
    ],
    ON_A_CPU: [
        ("images/s", "2,063"),
        ("of the limit", "93%"),
        ("CPU ms/image", "0.94"),
        ("first batch", "42 ms"),
        ("restart", "9 ms"),
        ("busy at 200 | 800 | 3200 images/s", "97 | 96 | 65 %"),
        ("memory", "69 MiB"),
        ("pixels off by", "0"),
    ],
}
MACHINE = {ON_A_GPU: "NVIDIA H200", ON_A_CPU: "AMD EPYC × 2, no GPU"}


@pytest.fixture(scope="module", params=[ON_A_GPU, ON_A_CPU])
def stored(request: pytest.FixtureRequest) -> Path:
    return STORED / str(request.param)


@pytest.fixture(scope="module")
def report(stored: Path) -> dict[str, Any]:
    return json.loads(stored.read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def measurements(report: dict[str, Any]) -> list[Measurement]:
    return [msgspec.convert(each["extra_info"]["measurement"], Measurement) for each in report["benchmarks"]]


def test_it_is_of_the_schema_that_is_written_today(report: dict[str, Any]) -> None:
    """So that pytest-benchmark, gate and page compare a run of before with one of after."""
    assert report["machine_info"]["suite"]["schema_version"] == SCHEMA_VERSION


def test_its_cases_have_the_names_that_they_have_today(report: dict[str, Any], measurements: list[Measurement]) -> None:
    for stored, measurement in zip(report["benchmarks"], measurements, strict=True):
        assert stored["name"] == f"test_{measurement.case.phase}[{case_id(measurement.case)}]"
        assert stored["group"] == title_of(measurement.case)


def test_it_says_what_it_said(stored: Path, measurements: list[Measurement]) -> None:
    found = comparisons(measurements)
    assert {each.title: [verdict.text for verdict in verdicts(each)] for each in found} == {
        title: [text] for title, text in SAID[stored.name].items()
    }
    assert [(each.title, each.text) for each in shown(found[0].reference)] == SHOWN[stored.name]


def test_it_compares_with_one_of_today(report: dict[str, Any]) -> None:
    now = copy.deepcopy(report["machine_info"])
    now["suite"]["model"] = "resnet50"
    assert differences(now, report["machine_info"]) == []
    now["suite"]["job_experiment_sha256"] = "other"
    assert [each.partition(":")[0] for each in differences(now, report["machine_info"])] == ["job experiment"]


def test_the_gate_and_the_page_take_it(stored: Path, tmp_path: Path, report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    pairs, nights, site = (tmp_path / name for name in ("pairs", "nights", "site"))
    pairs.mkdir()
    nights.mkdir()
    today = copy.deepcopy(report)
    today["machine_info"]["suite"]["model"] = "resnet50"
    for number in range(1, 5):
        shutil.copy(stored, pairs / f"{number:02d}-base.json")
        (pairs / f"{number:02d}-head.json").write_text(json.dumps(today))
    sides = 2 * len(SAID[stored.name])
    assert main(["gate", "--pairs", str(pairs)]) == 0
    assert f"{sides} ok" in capsys.readouterr().out
    shutil.copy(stored, nights / "night.json")
    assert len(read(nights / "night.json").rows) == sides
    assert main(["report", str(nights), "--output", str(site), "--cache", str(tmp_path / "cache"), "--repository", str(tmp_path)]) == 0
    page = (site / "index.html").read_text()
    for text in (*SAID[stored.name].values(), MACHINE[stored.name]):
        assert text in page


def test_it_tells_neither_a_host_nor_a_path(stored: Path) -> None:
    text = stored.read_text()
    assert stored.stat().st_size < 120_000
    assert [part for part in ('"/', "/home", "/tmp", '"flags"') if part in text] == []
