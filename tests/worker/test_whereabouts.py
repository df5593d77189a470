"""Whose files and processes are the same is told by the kernel, and not by a machine's name."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.worker import whereabouts

PROJECT = Path(__file__).parents[2]
PLACE = [sys.executable, "-c", "import socket; from harness.worker import whereabouts; print(socket.gethostname(), whereabouts.place())"]


def told(*within: str) -> tuple[str, str]:
    """Name and place of a process, started within other namespaces."""
    done = subprocess.run([*within, *PLACE], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode and within:
        pytest.skip(f"no namespaces can be made here: {done.stderr}")
    name, _, place = done.stdout.strip().partition(" ")
    return name, place


def test_processes_that_share_files_and_numbers_are_at_one_place() -> None:
    assert told() == told() == (socket.gethostname(), whereabouts.place())


@pytest.mark.parametrize("apart", [["--mount"], ["--pid", "--fork"]])
def test_a_container_is_another_place_whatever_its_name(apart: list[str]) -> None:
    name, place = told("unshare", "--map-root-user", *apart)
    assert name == socket.gethostname()
    assert place != whereabouts.place()


def test_where_the_kernel_tells_nothing_the_name_has_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(whereabouts, "BOOT", tmp_path / "none")
    monkeypatch.setattr(whereabouts, "NAMESPACES", tmp_path / "none")
    assert whereabouts.place().split() == [socket.gethostname()]
