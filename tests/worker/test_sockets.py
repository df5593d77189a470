"""A temporary folder whose path is long, as those of clusters' jobs are: multiprocessing's sockets have a place, and leave nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.worker.sockets import LONGEST_BYTES, OWN_BYTES

LONGEST = LONGEST_BYTES - OWN_BYTES  # of a folder that is named as it is

# A fork server's process gives this one a file descriptor, through a socket of its own: what PyTorch does with every batch.
PROGRAM = """
import multiprocessing, os, sys, tempfile
from multiprocessing.reduction import DupFd
from harness.worker import sockets

def send(connection):
    reader, writer = os.pipe()
    os.write(writer, b"sent")
    connection.send(DupFd(reader))
    connection.recv()

if __name__ == "__main__":
    tempfile.tempdir = sys.argv[1]
    sockets.fit(sys.argv[1])
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe()
    process = context.Process(target=send, args=(there,))
    process.start()
    print(os.read(here.recv().detach(), 4).decode(), multiprocessing.util.get_temp_dir().startswith("/proc/"))
    here.send("taken")
    process.join()
"""


def ran(folder: Path, program: Path) -> str:
    path = os.pathsep.join(sys.path)
    command = [sys.executable, str(program), str(folder)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def short() -> Iterator[Path]:
    """Whatever the length of pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, LONGEST_BYTES, 240, 1000])
def test_a_folder_of_that_length(short: Path, length: int) -> None:
    program = short / "program.py"
    program.write_text(PROGRAM)
    folder = short
    while len(str(folder)) + 202 < length:
        folder /= 200 * "d"
    folder /= (length - len(str(folder)) - 1) * "e"
    folder.mkdir(parents=True)
    assert len(str(folder)) == length
    assert ran(folder, program) == f"sent {length > LONGEST}"
