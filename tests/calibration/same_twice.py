"""A/A: each framework against itself, as a session measures its sides: nothing is there to find, and what is found is noise.

    python -m tests.calibration.same_twice 20 --into FOLDER

The suite is the real one, its frameworks listed twice under two names. `--into` gets each run's JSON, of which `noise` reads the series.
Needs PYTORCH_PYTHON and TENSORFLOW_PYTHON, and a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from harness.findings.ahead import verdict
from harness.record.measurement import Measurement

PROJECT = Path(__file__).parents[2]
INTERPRETERS = {"pytorch": "PYTORCH_PYTHON", "tensorflow": "TENSORFLOW_PYTHON"}
CONFTEST = """
import msgspec
from harness.frameworks import FRAMEWORKS

own = FRAMEWORKS["{name}"]
FRAMEWORKS.clear()
FRAMEWORKS["{name}"] = own
FRAMEWORKS["{name}_again"] = msgspec.structs.replace(own, title=own.title + " again", place=own.place + 1, original="")

pytest_plugins = {plugins}
"""
BENCHMARK = """
import pytest

PLAIN = {"style": "matched", "execution": "plain", "precision": "fp32"}

@pytest.mark.cases("core", phase="inference", workload="inference", batch_size=[4, 8], **PLAIN)
def test_inference(measure):
    measure()

@pytest.mark.cases("core", phase="train_step", workload="frozen", batch_size=8, **PLAIN)
def test_train_step(measure):
    measure()
"""


def once(name: str, arguments: list[str], into: Path) -> list[tuple[Measurement, Measurement]]:
    """The two sides of each comparison of one session."""
    interpreter = os.environ[INTERPRETERS[name]]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        plugins = (PROJECT / "conftest.py").read_text().removeprefix("pytest_plugins = ")
        (folder / "conftest.py").write_text(CONFTEST.format(name=name, plugins=plugins))
        (folder / "benchmarks").mkdir()
        (folder / "benchmarks" / "test_same_twice.py").write_text(BENCHMARK)
        workers = [f"--worker={each}=popen//python={interpreter}" for each in (name, f"{name}_again")]
        command = [sys.executable, "-m", "pytest", "benchmarks", *workers, "--budget=none", f"--benchmark-json={into}", *arguments]
        subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(PROJECT)}, check=True, stdout=subprocess.DEVNULL)
    rows = [msgspec.convert(each["extra_info"]["measurement"], Measurement) for each in json.loads(into.read_text())["benchmarks"]]
    return list(zip(rows[::2], rows[1::2], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=int)
    parser.add_argument("--into", type=Path, required=True)
    given, arguments = parser.parse_known_args()
    given.into.mkdir(parents=True, exist_ok=True)
    called = total = 0
    for run in range(given.runs):
        for name in INTERPRETERS:
            for first, second in once(name, arguments, given.into / f"{name}-{run}.json"):
                told = verdict(first, second)
                total, called = total + 1, called + bool(told.ahead)
                print(f"{name} {first.case.phase} {first.case.batch_size}: {told.ratio} ({told.interval}) {told.text}", flush=True)
    print(f"{called} of {total} say that one is ahead")


if __name__ == "__main__":
    main()
