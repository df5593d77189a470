"""Checks both sides out, measures pair after pair into the folder, and leaves nothing else behind."""

from __future__ import annotations

import hashlib
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from rich.console import Console

from harness.record.git import surroundings
from history.collect.budget import Budget
from history.collect.process import SUITE, measure
from history.collect.progress import CollectionProgress, last_all_cases_pair
from history.collect.reaper import Reaper, remove_worktree
from history.collect.schedule import drop_half_pair, next_pair
from history.collect.unknown_options import arguments_by_side
from history.git import git
from history.pairs.comparison import Comparison, keep
from history.records import BadInput

SIDES = ("base", "head")
ENDING = (signal.SIGTERM, signal.SIGHUP)


def collect(comparison: Comparison, folder: Path, repository: Path, suite: Path, console: Console, budget: Budget) -> None:
    """suite: where it lies in the repository.

    Raises BadInput for a folder in use or of another comparison, and where pytest cannot run; KeyboardInterrupt for SIGTERM too.
    """
    with _alone(folder), _terminated_like_interrupted():
        keep(folder, comparison.told_from(repository))
        drop_half_pair(folder)
        if next_pair(folder, comparison) is None:
            return
        with Reaper(surroundings()) as reaper, CollectionProgress(console) as progress:
            trees = {name: _check_out(repository, folder, name, comparison.side(name).commit, reaper) / suite for name in SIDES}
            for name, tree in trees.items():
                if not (tree / SUITE).is_dir():
                    raise BadInput(f"--{name}: {comparison.side(name).commit} has no {suite / SUITE}. Commit the suite first.")
            arguments = arguments_by_side(comparison, trees, reaper, console)
            last = last_all_cases_pair(comparison.drop_clear_cases, comparison.plan.max_pairs)
            while pair := next_pair(folder, comparison):
                if not budget.allows_another:
                    console.print(f"--budget: pair {pair.number} would not end in time. The same command goes on from there.")
                    return
                with budget.pair():
                    for left, name in zip((1, 0), pair.order, strict=True):
                        progress.turn(pair, name)
                        run = measure(comparison.side(name), name, pair.number, pair.cases, arguments[name], trees[name], folder, reaper)
                        progress.measured(pair, len(run.rows), left, last)


def _check_out(repository: Path, folder: Path, name: str, commit: str, reaper: Reaper) -> Path:
    """Outside the repository, where no configuration or conftest of ours is above it; the same path for the same folder, so that what
    a killed runner left is found and removed."""
    mark = hashlib.sha256(bytes(folder.resolve())).hexdigest()[:12]
    path = Path(tempfile.gettempdir()).resolve() / f"history-{mark}-{name}"
    remove_worktree(repository, path, surroundings())
    reaper.worktree(repository, path)
    git(repository, "worktree", "add", "--detach", str(path), commit)
    return path


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = filelock.FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise BadInput(f"{folder}: another collection is running into it. Wait for it, or give another folder to --into.") from error
    except OSError as error:
        raise BadInput(f"--into {folder}: cannot be written ({error.strerror}).") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """A CI server's cancel is SIGTERM, a terminal's end SIGHUP: they unwind as Ctrl-C does."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in ENDING if signal.getsignal(each) != signal.SIG_IGN}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
