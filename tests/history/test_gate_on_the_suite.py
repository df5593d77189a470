"""The gate on this suite itself: real session, workers, meters and JSON; only the two frameworks are stand-ins, so that a change can be
planted whose size is known."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.planted_suite import git
from tests.session.conftest import LIGHT

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PROJECT = Path(__file__).parents[2]
CONFTEST = """
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing

FRAMEWORKS.clear()
for name in ("first", "second"):
    FRAMEWORKS[name] = Listing(title=name.title(), module="planted." + name, executions={{"plain": "plain", "compiled": "compiled"}})

pytest_plugins = {plugins}
"""
BENCHMARK = """
import pytest

@pytest.mark.cases("gate", phase="train_step", style="stock", workload=["frozen", "full"], batch_size=8)
def test_train_step(measure):
    measure()

@pytest.mark.cases("gate", phase="memory", style="stock", workload="frozen", batch_size=8)
def test_memory(measure):
    measure()
"""
FRAMEWORK = """
from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Steps

BALLAST = b"x" * ({mebibytes} * 2**20)  # host memory of the worker

class Planted(Steps):
    def __init__(self, setup, seconds):
        super().__init__(setup, seconds * ({full} if setup.case.workload == "full" else 1.0))

__getattr__ = StandIn(Planted, seconds=0.02).__getattribute__
"""
QUICK = ("--benchmark-max-time=0.2", "--benchmark-min-rounds=3", "--benchmark-precision=0.01", *LIGHT)


def plant(repository: Path, name: str, full: float = 1.0, mebibytes: int = 400) -> None:
    (repository / "planted" / f"{name}.py").write_text(FRAMEWORK.format(full=full, mebibytes=mebibytes))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The suite's own code in a repository whose commit `base` has nothing planted."""
    folder = tmp_path / "suite"
    for part in ("fixtures", "harness", "tests/stand_in"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", folder)
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "test_planted.py").write_text(BENCHMARK)
    plugins = (PROJECT / "conftest.py").read_text().removeprefix("pytest_plugins = ")
    (folder / "conftest.py").write_text(CONFTEST.format(plugins=plugins))
    (folder / "planted").mkdir()
    plant(folder, "first")
    plant(folder, "second")
    (folder / ".gitignore").write_text("__pycache__/\n.benchmarks/\n.pytest_cache/\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=base")
    git(folder, "tag", "base")
    return folder


def gate(repository: Path) -> tuple[int, dict[str, str]]:
    """Exit code, and the verdict of each case by its id."""
    command = [sys.executable, "-m", "history", "gate", "--base", "base", "--max-pairs", "12", "--json", "out.json", "--", *QUICK]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, timeout=1200, check=False)
    print(done.stdout, done.stderr)
    cases = json.loads((repository / "out.json").read_text())["cases"]
    return done.returncode, {case["case"].partition("::")[2]: case["verdict"] for case in cases}


def test_a_planted_slow_down_and_planted_memory_are_named_and_nothing_else(repository: Path) -> None:
    plant(repository, "first", mebibytes=410)  # 2.2 % of the worker's peak
    plant(repository, "second", full=1.1)
    code, verdicts = gate(repository)
    assert code == 1
    assert {name for name, verdict in verdicts.items() if verdict != "ok"} == {
        "test_memory[first-stock-frozen-bs8]",
        "test_train_step[second-stock-full-bs8]",
    }
    assert len(verdicts) == 6
    assert verdicts["test_memory[first-stock-frozen-bs8]"] == verdicts["test_train_step[second-stock-full-bs8]"] == "regressed"
