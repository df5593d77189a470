"""What machines are given: data files, the export, the job's summary; and that others' tools still read the suite's JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from harness.findings.five_metrics import five_metrics
from history.__main__ import main
from history.gate.noise import CaseNoise, Noise
from history.records import TO_SHOW, read
from history.report.marks.slugs import slug
from history.report.page_text import shown_json
from tests.findings.outputs.from_elsewhere import harmful_characters
from tests.findings.outputs.rendered import OF_OURS
from tests.history.report.conftest import HOSTILE_CASE, NIGHTS, PLANTED_NIGHT, Built, arguments
from tests.history.report.generated_cases import many_cases, node_id, standard_cases
from tests.history.report.generated_nights import Machine, Nights

PLANTED = "train step frozen matched plain fp32 bs32"


def data(built: Built, name: str) -> object:
    return json.loads((built.site / "data" / f"{name}.json").read_text())


def test_each_script_holds_its_json_as_text(built: Built) -> None:
    scripts = sorted((built.site / "data").rglob("*.js"))
    assert len(scripts) > NIGHTS
    for script in scripts:
        text = script.read_text()
        name, content = json.loads(f"[{text.removeprefix('data.arrive(').removesuffix(');' + chr(10))}]")
        assert shown_json((built.site / "data" / f"{name}.json").read_text()) == content


def test_a_history_holds_what_was_measured(built: Built) -> None:
    machine = data(built, "runs")["machines"][0]["slug"]  # type: ignore[index]
    history = data(built, f"history/{machine}/{slug(PLANTED)}")
    assert len(history["runs"]) == NIGHTS  # type: ignore[index]
    side = history["sides"][0]  # type: ignore[index]
    content = json.loads(sorted(built.storage.glob("*.json"))[10].read_text())
    measured = next(each for each in content["benchmarks"] if each["fullname"] == side["name"])
    assert side["value"][10] == pytest.approx(np.median(measured["stats"]["data"]), rel=1e-5)
    assert side["low"][10] == pytest.approx(np.percentile(measured["stats"]["data"], 25), rel=1e-5)
    (change,) = history["changes"]  # type: ignore[index]
    assert change["at"] == PLANTED_NIGHT
    assert change["low"] < 0.08 < change["high"]


def test_csv_and_parquet_are_the_same_table(built: Built) -> None:
    parquet = pyarrow.parquet.read_table(built.site / "data" / "history.parquet")
    csv = pyarrow.csv.read_csv(built.site / "data" / "history.csv")
    assert parquet.num_rows == csv.num_rows == NIGHTS * 2 * len(standard_cases()) + 3
    assert parquet.column_names == csv.column_names
    parquet_medians, csv_medians = (np.array(table["median_seconds"].to_pylist(), dtype=float) for table in (parquet, csv))
    np.testing.assert_allclose(parquet_medians, csv_medians)
    assert HOSTILE_CASE in parquet["case"].to_pylist()
    assert pa.types.is_floating(parquet["images_per_second"].type)


def test_a_second_build_of_the_same_is_the_same(built: Built) -> None:
    def content() -> dict[str, bytes]:
        return {str(path.relative_to(built.site)): path.read_bytes() for path in built.site.rglob("*") if path.is_file()}

    before = content()
    assert main(arguments(built)) == 0
    assert content() == before


def test_the_job_s_summary(built: Built) -> None:
    text = (built.site.parent / "job.md").read_text()
    assert text.startswith("### TensorFlow’s inference stock bs1 became slower: +")
    assert text.splitlines()[0].endswith("step; 1 case failed.")
    assert "| inference stock bs1, TensorFlow |" in text
    assert "**matched**" in text
    assert "<img" not in text
    assert "<script" not in text
    assert "@everyone" not in text
    assert harmful_characters(text) <= {OF_OURS}
    (failed,) = (line for line in text.splitlines() if "ran out of memory" in line)
    assert failed.endswith("… |")
    assert "line 29" not in text
    assert "Why, in full: on the page of the newest run." in text
    assert not re.search(r"\| <br>|<br> \||<br><br>", text)  # the hostile framework has no job: what is said of it stands in its line
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith(("| metric", "| training time"))]
    assert {row.count("|") for row in rows} == {8}


def test_page_and_summary_have_the_five_metrics_of_the_findings(built: Built) -> None:
    newest = read(sorted(built.storage.glob("*.json"))[-1], TO_SHOW)
    found = five_metrics(row.measurement for row in newest.rows if row.measurement)
    machine = data(built, "runs")["machines"][0]["slug"]  # type: ignore[index]
    assert data(built, f"overview/{machine}")["metrics"] == json.loads(msgspec.json.encode(found))  # type: ignore[index]
    page, summary = (built.site / "index.html").read_text(), (built.site.parent / "job.md").read_text()
    for metric in (each for style in found for each in style.metrics):
        assert all(verdict.text in page and verdict.text in summary for verdict in metric.verdicts)
        assert all(part in page and part in summary for value in metric.values.values() for part in value.split(", "))


def test_measured_noise_widens_the_band(built: Built, tmp_path: Path) -> None:
    names = [node_id(case) for case in standard_cases()]
    cases = tuple(CaseNoise(case=name, pairs=10, process_sd=0.05, smallest_findable={}) for name in names)
    noise = tmp_path / "noise.json"
    noise.write_bytes(msgspec.json.encode(Noise(cases=cases, alarms=(), replays=1, replays_with_alarm=0, most_alarm_rate=1.0)))
    given = ["report", str(built.storage), "--output", str(tmp_path / "site"), "--cache", str(built.cache), "--noise", str(noise)]
    assert main(given) == 0
    machine = json.loads((tmp_path / "site/data/runs.json").read_text())["machines"][0]["slug"]
    sides = json.loads((tmp_path / f"site/data/history/{machine}/{slug(PLANTED)}.json").read_text())["sides"]
    assert sides[0]["noise"] == {"log_reach": pytest.approx(1.96 * 0.05), "measured": True}
    assert sides[1]["noise"]["measured"] is False


def test_pytest_benchmark_compares_the_files(tmp_path: Path) -> None:
    Nights(Machine(nights=2, rounds=4, cases=many_cases(1))).write(tmp_path)
    command = [str(Path(sys.executable).with_name("pytest-benchmark")), "compare", *map(str, sorted(tmp_path.glob("*.json")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "pytorch-matched-eager-fp32-frozen-bs1" in done.stdout
