"""Whose files and processes are the same is told by the kernel, and not by a machine's name."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.worker import whereabouts

PROJECT = Path(__file__).parents[2]
TOLD = (
    "import socket; from harness.worker import whereabouts as own; print(socket.gethostname(), own.files(), own.processes(), sep=chr(10))"
)


def told(*within: str) -> list[str]:
    """Of a process that is started within other namespaces: its machine's name, and the two whereabouts."""
    done = subprocess.run([*within, sys.executable, "-c", TOLD], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode and within:
        pytest.skip(f"no namespaces can be made here: {done.stderr}")
    return done.stdout.splitlines()


def test_processes_of_one_machine_share_files_and_numbers() -> None:
    assert told() == told() == [socket.gethostname(), whereabouts.files(), whereabouts.processes()]


def test_a_container_has_its_own_files_or_numbers_whatever_its_name() -> None:
    name, files, processes = told("unshare", "--map-root-user", "--mount")
    assert name == socket.gethostname()
    assert files != whereabouts.files()
    assert processes == whereabouts.processes(), "ranks of one machine under Apptainer: they know each other by their numbers"
    name, _, processes = told("unshare", "--map-root-user", "--pid", "--fork")
    assert name == socket.gethostname()
    assert processes != whereabouts.processes()


def test_where_the_kernel_tells_nothing_the_name_has_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(whereabouts, "BOOT", tmp_path / "none")
    monkeypatch.setattr(whereabouts, "NAMESPACES", tmp_path / "none")
    assert whereabouts.files().split() == whereabouts.processes().split() == [socket.gethostname()]
