"""Another system than Linux, as Python tells it there: pytest ends with a sentence before it imports what that system lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.session.conftest import PROJECT, InnerRun

ELSEWHERE = """
import io, multiprocessing, os, signal, subprocess, sys
import psutil, pytest
del os.sched_getaffinity, os.sched_setaffinity
if {system!r} == "win32":
    del os.sysconf, os.killpg, os.getpgrp, os.setsid, signal.SIGKILL
    sys.modules |= dict.fromkeys(("fcntl", "resource", "termios", "pwd", "grp"))
    io._WindowsConsoleIO = type("_WindowsConsoleIO", (), {{}})
sys.platform = {system!r}
sys.exit(pytest.main({arguments!r}))
"""
SENTENCE = "This suite runs on Linux alone; here Python says {system}."
EVERYWHERE = [
    ("darwin", "On macOS run it in a Linux container or virtual machine, or on a Linux machine by ssh."),
    ("win32", "On Windows run it in WSL 2 (wsl --install)."),
    ("freebsd14", ""),
]


@pytest.mark.parametrize("what", ["benchmarks", "tests"])
@pytest.mark.parametrize(("system", "mend"), EVERYWHERE)
def test_a_session_says_at_once_which_system_it_runs_on(system: str, mend: str, what: str) -> None:
    program = ELSEWHERE.format(system=system, arguments=[what, "--collect-only", "-q", "-p", "no:cacheprovider"])
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == f"ERROR: {SENTENCE.format(system=system)} {mend}".strip()
    assert "collected" not in done.stdout


def test_a_worker_on_another_system_says_so_too(inner: InnerRun, tmp_path: Path) -> None:
    """And the mend is not what its interpreter lacks."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import os, sys\ndel os.sched_getaffinity\nsys.platform = 'darwin'\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path / "site"}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    inner.use("sound")
    code, output = inner.run("-k", "inference and bs8", f"--worker=sound=popen//python={python}")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert SENTENCE.format(system="darwin") in output
    assert "Give it a machine, or a container, with Linux" in output
    assert "pip install" not in output
