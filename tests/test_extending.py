"""A phase, an axis and a framework are added in a copy of the suite: by a folder, a row and a folder, and no other edit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.session.conftest import LIGHT

PROJECT = Path(__file__).parents[1]
DEADLINE_SECONDS = 300
QUICK = ("--budget=none", "--benchmark-max-time=0.2", "--benchmark-min-rounds=3", "--benchmark-precision=0.5", *LIGHT)

FRAMEWORK = """
from harness.frameworks.listing import Listing
from harness.record.case import Execution

LISTING = Listing(
    place={place},
    title="{title}",
    module="harness.frameworks.{name}.framework",
    executions={{Execution.PLAIN: "plainly"}},
)
"""
FACADE = """
from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn

__getattr__ = StandIn(seconds={seconds}).__getattribute__
"""
PHASE = """
from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.record.case import Workload
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=35,
    usual_seconds=5.0,
    title="Napping",
    subtitle="how long a nap takes",
    schedule=Schedule.IN_TURNS,
    watched=Watched(Figure("step_seconds", "nap", Unit.SECONDS), Values.ROUNDS),
    figures=(Figure("step_seconds", "nap", Unit.SECONDS), Figure("dreams", "dreams a nap", Unit.COUNT)),
    workload=Workload.INFERENCE,
)
"""
BENCH = """
import time

from harness.record.round import Round
from harness.worker.protocol import Begun, Block, Ended


class Bench:
    def __init__(self, framework, setup):
        self._work = framework.inference(setup)

    def begin(self):
        return Begun(cold_start=None, steps_per_round=1)

    def measure(self, turn):
        start = time.perf_counter()
        self._work.step()
        seconds = time.perf_counter() - start
        return Block((Round(seconds, seconds, 0.0, turn.block),), retaken_rounds=0, retaken_seconds=0.0, busy_seconds=seconds)

    def end(self):
        return Ended({"dreams": 3.0}, readings=(), busy_seconds=0.0)

    def close(self):
        self._work.close()
"""
BENCHMARK = """
import pytest

NAP = {"phase": "napping", "workload": "inference", "style": "matched", "execution": "plain", "precision": "fp32", "batch_size": 8}

@pytest.mark.cases("core", "gate", **NAP%s)
def test_napping(measure):
    measure()
"""
AXIS = '    bed: Annotated[str | None, Axis(title="bed", id_place=9)] = None\n'
BEFORE = "    batch_size: Annotated["


class Copy:
    """The suite's own code in a folder of its own, with two frameworks of a few lines in the place of the real ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "pytorch", "tensorflow")
        shutil.copytree(PROJECT / "harness", folder / "harness", ignore=ignored)
        for part in ("fixtures", "history", "tests/stand_in"):
            shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("conftest.py", "pyproject.toml", "tests/__init__.py"):
            shutil.copy(PROJECT / part, folder / part)
        (folder / "benchmarks").mkdir()
        self.add_framework("first", place=0, seconds=0.002)
        self.add_framework("second", place=1, seconds=0.004)

    def add_framework(self, name: str, place: int, seconds: float) -> None:
        own = self.folder / "harness" / "frameworks" / name
        own.mkdir()
        (own / "__init__.py").write_text(FRAMEWORK.format(name=name, title=name.title(), place=place))
        (own / "framework.py").write_text(FACADE.format(seconds=seconds))

    def add_phase(self) -> None:
        own = self.folder / "harness" / "phases" / "napping"
        own.mkdir()
        (own / "__init__.py").touch()
        (own / "phase.py").write_text(PHASE)
        (own / "bench.py").write_text(BENCH)
        self.add_benchmark()

    def add_benchmark(self, values: str = "") -> None:
        (self.folder / "benchmarks" / "test_napping.py").write_text(BENCHMARK % values)

    def add_axis(self) -> None:
        case = self.folder / "harness" / "record" / "case.py"
        text = case.read_text()
        assert text.count(BEFORE) == 1
        case.write_text(text.replace(BEFORE, AXIS + BEFORE))

    def run(self, *arguments: str) -> str:
        """The output of a Python command in the copy that ends well."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "COLUMNS": "200"}
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        print(done.stdout)
        assert done.returncode == 0
        return done.stdout

    def measure(self) -> dict[str, dict[str, object]]:
        """The benchmarks of the JSON by their ids; the session's output is `output`."""
        self.output = self.run("pytest", "benchmarks", "--benchmark-json=out.json", *QUICK)
        report = json.loads((self.folder / "out.json").read_text())
        assert report["unmeasured"] == []
        return {each["name"]: each for each in report["benchmarks"]}

    def page(self) -> str:
        """The newest run, as the nightly page shows it."""
        (self.folder / "nights").mkdir(exist_ok=True)
        shutil.copy(self.folder / "out.json", self.folder / "nights" / "night.json")
        self.run("history", "report", "nights", "--output=site", "--cache=cache")
        return (self.folder / "site" / "index.html").read_text()

    def gate(self) -> str:
        """What the gate says of a run beside itself."""
        pairs = self.folder / "pairs"
        pairs.mkdir()
        for number in range(1, 5):
            for side in ("base", "head"):
                shutil.copy(self.folder / "out.json", pairs / f"{number:02d}-{side}.json")
        return self.run("history", "gate", "--pairs=pairs", "--json=decision.json")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_phase_is_a_folder_and_a_benchmark_file(copy: Copy) -> None:
    copy.add_phase()
    found = copy.measure()
    assert list(found) == [f"test_napping[{name}-matched-plainly-fp32-bs8]" for name in ("first", "second")]
    assert {each["extra_info"]["dreams"] for each in found.values()} == {3.0}
    assert {each["group"] for each in found.values()} == {"napping matched plain fp32 bs8"}
    for text in ("Napping: how long a nap takes", "dreams a nap"):
        assert text in copy.output
    page = copy.page()
    for text in ("Napping", "How long a nap takes", "dreams a nap"):
        assert text in page
    copy.gate()
    decision = json.loads((copy.folder / "decision.json").read_text())
    assert [case["verdict"] for case in decision["cases"]] == ["ok", "ok"]


def test_an_axis_is_a_row(copy: Copy) -> None:
    copy.add_phase()
    copy.add_axis()
    copy.add_benchmark(', bed=["soft", "hard"]')
    found = copy.measure()
    assert list(found) == [
        f"test_napping[{name}-matched-plainly-fp32-bs8-{bed}]" for bed in ("soft", "hard") for name in ("first", "second")
    ]
    for name, each in found.items():
        bed = name.rstrip("]").rpartition("-")[2]
        assert each["params"]["bed"] == each["extra_info"]["measurement"]["case"]["bed"] == bed
        assert each["group"] == f"napping matched plain fp32 {bed} bs8"
    assert "matched plain fp32 soft bs8" in copy.output
    assert "fp32 soft bs8" in copy.page()
    assert '<select id="axis-bed">' in (copy.folder / "site" / "compare.html").read_text()
    header, *rows = (copy.folder / "site" / "data" / "history.csv").read_text().splitlines()
    assert '"bed"' in header
    assert len(rows) == 4


def test_a_framework_is_a_folder(copy: Copy) -> None:
    copy.add_phase()
    copy.add_framework("third", place=2, seconds=0.006)
    found = copy.measure()
    assert list(found) == [f"test_napping[{name}-matched-plainly-fp32-bs8]" for name in ("first", "second", "third")]
    receipts = [each["extra_info"]["measurement"]["equal_work"] for each in found.values()]
    assert [receipt["reference"] for receipt in receipts] == ["second", "first", "first"]
    for text in ("First", "Second", "Third"):
        assert text in copy.output
    page = copy.page()
    assert page.count("Third") > 1
