"""A process that outlives the collector and cleans up after it, whatever ended it: the last line, Ctrl-C, or SIGKILL.

    python reaper.py < lines

Each line says what has to be gone at the end: `process PID`, `worktree REPOSITORY<TAB>PATH`; `ended PID` takes a process back.
The end of the input is the collector's end, since the pipe closes with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psutil

_DYING_SECONDS = 1.0  # what nobody waits for stays a zombie, and would be waited for in vain


class Reaper:
    """The collector's end of the pipe."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> Reaper:
        # A session of its own: the terminal's Ctrl-C is for the collector.
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, bufsize=0, start_new_session=True, env=self._environment
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def process(self, pid: int) -> None:
        self._tell(f"process {pid}")

    def ended(self, pid: int) -> None:
        self._tell(f"ended {pid}")

    def worktree(self, repository: Path, path: Path) -> None:
        self._tell(f"worktree {repository}\t{path}")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(os.fsencode(f"{line}\n"))  # a path need not be UTF-8


def remove_worktree(repository: Path, path: Path, environment: Mapping[str, str]) -> None:
    """Also where there is none, or half of one. environment: without what tells git of another repository."""
    git = ("git", "-C", str(repository), "worktree")
    subprocess.run([*git, "remove", "--force", str(path)], check=False, capture_output=True, env=environment)
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run([*git, "prune"], check=False, capture_output=True, env=environment)


def _kill(pid: int) -> None:
    """The process and all it has started."""
    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=_DYING_SECONDS)


def _main() -> None:
    processes: set[int] = set()
    worktrees: list[tuple[Path, Path]] = []
    for line in sys.stdin.buffer:
        what, _, argument = os.fsdecode(line).rstrip("\n").partition(" ")
        if what == "process":
            processes.add(int(argument))
        elif what == "ended":
            processes.discard(int(argument))
        elif what == "worktree":
            repository, _, path = argument.partition("\t")
            worktrees.append((Path(repository), Path(path)))
    for pid in processes:
        _kill(pid)
    for of, tree in worktrees:
        remove_worktree(of, tree, os.environ)


if __name__ == "__main__":
    _main()
