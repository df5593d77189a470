"""A small suite in a repository of its own, whose speed is written down in a file instead of measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

CASES = ("pytorch", "tensorflow", "data")

_CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--worker", action="append", default=[])

def pytest_configure(config):
    config.addinivalue_line("markers", "gate: what the gate measures")

def pytest_benchmark_generate_machine_info(config):
    return {"cpu": {"brand_raw": "Testor 9000", "count": 2}}  # asking the machine takes a second a process
"""
_SUITE = """
import json
import os
import random
import time
from pathlib import Path

import pytest

STEP_SECONDS = json.loads((Path(__file__).parent / "step_seconds.json").read_text())
NOISE = random.SystemRandom()


class Clock:
    __name__ = "planted"

    def __init__(self):
        self.now_seconds = 0.0

    def __call__(self):
        return self.now_seconds


CLOCK = Clock()


@pytest.mark.gate
@pytest.mark.benchmark(timer=CLOCK)
@pytest.mark.parametrize("case", STEP_SECONDS)
def test_train_step(benchmark, case):
    time.sleep(float(os.environ.get("PLANTED_SLEEP_SECONDS", "0")))
    level_seconds = STEP_SECONDS[case] * NOISE.lognormvariate(0, 0.003)

    def step():
        CLOCK.now_seconds += level_seconds * NOISE.lognormvariate(0, 0.001)

    benchmark.pedantic(step, rounds=5)


@pytest.mark.benchmark(timer=CLOCK)
def test_not_in_the_gate(benchmark):
    raise AssertionError
"""


def git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(repository), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def create(folder: Path, slow_down: float = 0.0) -> Path:
    """The repository: `base` is a tag, and its working tree (uncommitted) takes pytorch's step `slow_down` longer."""
    (folder / "benchmarks").mkdir(parents=True)
    (folder / "benchmarks" / "test_train_step.py").write_text(_SUITE)
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p pytest_benchmark.plugin\n")
    (folder / ".gitignore").write_text(".benchmarks/\n__pycache__/\n")
    plant(folder, 0.0)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=base")
    git(folder, "tag", "base")
    plant(folder, slow_down)
    return folder


def add_option(folder: Path, name: str) -> None:
    """To the suite of the working tree."""
    conftest = folder / "conftest.py"
    first = "    parser.addoption("
    added = f'{first}"{name}", action="store_true")'
    conftest.write_text(conftest.read_text().replace(first, f"{added}\n{first}", 1))


def plant(folder: Path, slow_down: float) -> None:
    values = ", ".join(f'"{case}": {0.1 * (1 + slow_down if case == "pytorch" else 1)}' for case in CASES)
    (folder / "benchmarks" / "step_seconds.json").write_text(f"{{{values}}}")
