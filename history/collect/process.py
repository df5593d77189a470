"""One fresh process of pytest, and the one file it leaves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from harness.record.git import surroundings
from history.collect.reaper import Reaper
from history.pairs.comparison import Side
from history.pairs.folder import side_file
from history.records import BadInput, Run, read

SUITE = "benchmarks"
MARKER = "gate"
_FAILED_CASES = 1  # pytest's exit code; the failed cases are in the JSON with their outcome


def measure(
    side: Side, name: str, number: int, cases: Sequence[str], pytest_arguments: Sequence[str], tree: Path, folder: Path, reaper: Reaper
) -> Run:
    """Runs the suite's gate, or only `cases` (node ids), in `tree`; NN-base.json or NN-head.json is there once it is complete."""
    final = side_file(folder, number, name)
    partial, log = final.with_suffix(".json.partial"), final.with_suffix(".log")
    partial.unlink(missing_ok=True)
    arguments = (*(cases or [SUITE]), "-m", MARKER, f"--benchmark-json={partial.resolve()}", *pytest_arguments)
    with log.open("wb") as output:
        process = start(side, name, arguments, tree, output)
        reaper.process(process.pid)
        code = process.wait()
        reaper.ended(process.pid)
    if code not in (0, _FAILED_CASES):
        raise BadInput(f"{log}: pytest ended with exit code {code} on the {name} side: {_said_last(log)}")
    if not partial.is_file() or partial.stat().st_size == 0:  # pytest-benchmark opens it early, and writes nothing without a benchmark
        partial.unlink(missing_ok=True)
        raise BadInput(f"{log}: not one case was measured on the {name} side: {_said_last(log)}")
    run = read(partial)
    partial.rename(final)
    return run


def start(side: Side, name: str, arguments: Sequence[str], tree: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """pytest with the side's interpreter and workers.

    The path puts the revision's own code before whatever is installed, for the workers' interpreters too.
    """
    workers = (f"--worker={worker}" for worker in side.workers)
    try:
        return subprocess.Popen(
            [side.python, "-m", "pytest", f"--rootdir={tree}", "-p", "no:cacheprovider", *workers, *arguments],
            cwd=tree,
            env=surroundings() | {"PYTHONPATH": os.pathsep.join(filter(None, (str(tree), os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise BadInput(f"--{name}-python: {side.python} does not start ({error.strerror}).") from error


def last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "(it printed nothing)"


def _said_last(log: Path) -> str:
    return last_line(log.read_text(errors="replace"))
