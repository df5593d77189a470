"""A real worker really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from harness.record.outcome import Outcome
from tests.frameworks.conftest import interpreter
from tests.main_job import PROJECT, command, read

pytestmark = pytest.mark.early

IMPORTED_SECONDS = 8.0  # of CPU time: the framework is imported, and what the worker does from then on was asked for


def is_at_work(worker: psutil.Process) -> bool:
    """While the other side has its turn a worker rests, and a death then costs nothing: the next case gets a fresh one."""
    return worker.cpu_times().user > IMPORTED_SECONDS and worker.cpu_percent(interval=0.2) > 50.0


def workers_of(process: psutil.Process, framework: str) -> Iterator[psutil.Process]:
    for child in process.children():
        with suppress(psutil.Error, IndexError):  # one that has just ended
            if child.cmdline()[0] == interpreter(framework):
                yield child


def test_a_worker_killed_with_sigkill_costs_its_case_only(tmp_path: Path) -> None:
    chosen = [
        "-k",
        "test_train_step and frozen and fp32 and (eager or graph) and not fused_norm and not attribution",
        "--benchmark-min-rounds=100",
        "--benchmark-max-time=10",
    ]
    with subprocess.Popen(command(tmp_path, *chosen), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as job:
        started = time.monotonic()
        killed: list[psutil.Process] = []
        while not killed and time.monotonic() - started < 120:
            time.sleep(0.2)
            for worker in workers_of(psutil.Process(job.pid), "tensorflow"):
                if is_at_work(worker):
                    killed = [worker, *worker.children(recursive=True)]
                    os.kill(worker.pid, signal.SIGKILL)
        output, _ = job.communicate(timeout=600)
    print(output)
    assert job.returncode == pytest.ExitCode.TESTS_FAILED
    _, measurements = read(tmp_path)
    assert {each.case.framework: each.outcome for each in measurements.values()} == {"pytorch": Outcome.OK, "tensorflow": Outcome.CRASHED}
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in killed)
