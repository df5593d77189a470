"""An inner pytest run of the real suite, with stand-ins for the frameworks: its session, workers and JSON are the real ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from harness.record.measurement import Measurement

PROJECT = Path(__file__).parents[2]
NOT_ITS_OWN = ("PYTHONUNBUFFERED", "TOX_ENV_DIR")  # pytest's cache would be in tox's folder, and every test's the same
DEADLINE_SECONDS = 600  # of a machine that is busy with other tests; a hang is what it is for

CONFTEST = """
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing

FRAMEWORKS.clear()
for name in {names}:
    executions = {{"plain": "plain", "compiled": "compiled"}}
    module = "tests.stand_in." + name
    own = {{"title": name.title(), "module": module, "package": module, "original": "{original}"}}
    FRAMEWORKS[name] = Listing(executions=executions, formats={formats}, **own)

pytest_plugins = {plugins}
"""

BENCHMARK = """
import pytest

@pytest.mark.cases("core", phase="train_step", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
@pytest.mark.cases("core", phase="train_step", style="stock", workload="frozen", batch_size=8)
@pytest.mark.cases(phase="train_step", style="matched", workload="frozen", execution="plain", precision="tf32", batch_size=8)
def test_train_step(measure):
    measure()

@pytest.mark.cases("core", phase="inference", style="matched", workload="inference", execution="plain", precision="fp32", batch_size=[1, 8])
def test_inference(measure):
    measure()

@pytest.mark.cases("core", phase="data_pipeline", style="matched", workload="loading", batch_size=8)
def test_data_pipeline(measure):
    measure()

@pytest.mark.cases("core", phase="memory", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_memory(measure):
    measure()
"""

LIGHT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")  # that plugin imports hypothesis, which is half of a session's start
SHORT = ("--benchmark-max-time=0.2", "--benchmark-min-rounds=3", "--benchmark-precision=0.5", "--case-timeout=60", *LIGHT)
QUICK = ("--budget=none", *SHORT)  # stand-ins are as quick as one another: no budget is enough to decide who is ahead


class InnerRun:
    """A folder with the suite's conftest and a small benchmark file, and pytest runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.options = QUICK
        own = {"PYTHONPATH": str(PROJECT), "TMPDIR": str(folder / "tmp"), "COLUMNS": "160"}
        self._environment = {name: value for name, value in os.environ.items() if name not in NOT_ITS_OWN} | own
        (folder / "tmp").mkdir()
        (folder / "benchmarks").mkdir()
        (folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)

    def use(self, *stand_ins: str, formats: tuple[str, ...] = (), original: str = "") -> None:
        """original: the module that makes weights, and tells what is known of them. That is kept: such a run has a cache of its own."""
        if original:
            self.set(XDG_CACHE_HOME=str(self.folder / "cache"))
        plugins = (PROJECT / "conftest.py").read_text().removeprefix("pytest_plugins = ")
        (self.folder / "conftest.py").write_text(CONFTEST.format(names=stand_ins, formats=formats, original=original, plugins=plugins))

    def set(self, **variables: str) -> None:
        """Environment variables of the run, and of its workers."""
        self._environment |= variables

    def start(self, *arguments: str, stdout: int = subprocess.PIPE, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """before: the command that pytest is the arguments of."""
        command = [*before, sys.executable, "-m", "pytest", "benchmarks", *self.options, *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self._environment, stdout=stdout, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, str]:
        """Exit code and output of `pytest benchmarks` with these arguments."""
        process = self.start(*arguments, before=before)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
        print(output)
        return process.returncode, output

    def run_history(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of `python -m history`, which knows the run's stand-ins by its conftest."""
        program = "import runpy, conftest, sys; sys.argv[0] = 'history'; runpy.run_module('history', run_name='__main__', alter_sys=True)"
        command = [sys.executable, "-c", program, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
        )
        print(done.stdout, done.stderr)
        return done.returncode, done.stdout

    def json(self, name: str = "out.json") -> dict[str, Any]:
        return json.loads((self.folder / name).read_text())  # type: ignore[no-any-return]

    def left_behind(self) -> list[str]:
        """Processes and temporary folders of workers that are still there."""
        folders = [path.name for path in (self.folder / "tmp").glob("flowers-worker-*")]
        return folders + [str(process) for process in self._processes()]

    def _processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TMPDIR") == str(self.folder / "tmp") and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


@pytest.fixture
def inner(tmp_path: Path) -> InnerRun:
    return InnerRun(tmp_path)


def measurements(report: dict[str, Any]) -> dict[str, Measurement]:
    """Each case of a JSON by its id, measured or not."""
    found = [(each["fullname"], each["extra_info"]["measurement"]) for each in report["benchmarks"]]
    found += [(each["fullname"], each["measurement"]) for each in report["unmeasured"]]
    return {name.partition("::")[2]: msgspec.convert(measurement, Measurement) for name, measurement in found}


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {name: measurement.outcome for name, measurement in measurements(report).items()}
