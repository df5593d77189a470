"""The report of what the suite itself writes: the session, workers and JSON are the real ones, only the framework is a stand-in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from history.__main__ import main
from history.nights.condensed_file import condensed_file
from history.records import TO_SHOW, parse
from history.report.condensing import condensed
from tests.session.conftest import InnerRun

PROJECT = Path(__file__).parents[3]
PNG = b"\x89PNG"


def test_a_run_of_the_suite_and_what_others_make_of_its_json(tmp_path: Path) -> None:
    inner = InnerRun(tmp_path)
    inner.use("sound")
    code, output = inner.run("--benchmark-json=out.json", "--benchmark-autosave", "-k", "memory or (inference and bs8)")
    assert code == 0, output
    report = inner.json()
    for benchmark in report["benchmarks"]:
        assert extracted(benchmark)["value"] > 0
    whole = (tmp_path / "out.json").read_bytes()
    without_rounds = condensed(parse(tmp_path, condensed_file(tmp_path, whole), TO_SHOW))
    assert msgspec.structs.replace(without_rounds, condensed=False) == condensed(parse(tmp_path, whole, TO_SHOW))
    compared = subprocess.run(
        [str(Path(sys.executable).with_name("pytest-benchmark")), "compare", str(tmp_path / "out.json")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT)},
    )
    assert compared.returncode == 0, compared.stderr
    site = tmp_path / "site"
    storage = tmp_path / "runs"
    shutil.copytree(tmp_path / ".benchmarks", storage)
    shutil.copy(tmp_path / "out.json", storage / "out.json")
    assert main(["report", str(storage), "--output", str(site), "--cache", str(tmp_path / "cache"), "--repository", str(tmp_path)]) == 0
    index = (site / "index.html").read_text()
    assert "inference" in index
    assert "saved twice: counted once" in index
    cases = json.loads((site / "data/cases.json").read_text())
    assert {framework for case in cases for framework in case["frameworks"]} == {"sound"}
    command = [sys.executable, "-m", "tests.history.report.pictures", str(storage), str(tmp_path / "pictures")]
    subprocess.run(command, check=True, cwd=PROJECT, timeout=120)  # a process of its own: this one may have a browser already
    made = sorted((tmp_path / "pictures").iterdir())
    pages = ("history", "index", "regressions")
    assert {path.name for path in made} == {f"report-{page}{scheme}.png" for page in pages for scheme in ("", "-dark")}
    assert all(path.read_bytes().startswith(PNG) and path.stat().st_size > 5_000 for path in made)


def extracted(benchmark: dict[str, Any]) -> dict[str, Any]:
    """What github-action-benchmark's extractor for pytest takes from a benchmark, by the names it takes it by."""
    stats = benchmark["stats"]
    return {
        "name": benchmark["fullname"],
        "value": stats["ops"],
        "unit": "iter/sec",
        "range": f"stddev: {stats['stddev']}",
        "extra": f"mean: {stats['mean']}\nrounds: {stats['rounds']}",
    }
