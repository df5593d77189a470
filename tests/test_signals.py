"""The tests pass wherever they are started: by nohup, by cron, in the background of a shell that ignores signals for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PROBE = """
import os, signal, subprocess, sys

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
STARTED = "import signal; print(*(getattr(signal.getsignal(getattr(signal, each)), 'name', 'own') for each in {}))".format(ENDING)

def test_what_is_started_has_the_default():
    started = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert started.stdout.split() == ["own", "SIG_DFL", "SIG_DFL"]  # of SIGINT the default is Python's own handler
"""
STILL_IGNORED = """
def test_whoever_ignores_a_signal_goes_on():
    for each in ENDING:
        os.kill(os.getpid(), getattr(signal, each))
"""


def expect_passed(folder: Path, probe: str, *arguments: str) -> None:
    """Of a test file, where this project's tests are configured and the parent ignores what ends a process."""
    (folder / "test_probe.py").write_text(probe)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", *arguments, f"--rootdir={folder}", str(folder)]
    ignoring = ["sh", "-c", "trap '' INT TERM HUP; exec \"$@\"", "sh", *command]
    done = subprocess.run(ignoring, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr


def test_signals_that_the_parent_ignores(tmp_path: Path) -> None:
    expect_passed(tmp_path, PROBE + STILL_IGNORED)


def test_signals_that_the_parent_ignores_in_a_worker_of_xdist(tmp_path: Path) -> None:
    expect_passed(tmp_path, PROBE, "-n", "1")
