"""What would go wrong when all is measured, told before the first minute is spent: no file to write, no run to compare with."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.record.journal import FOLDER
from harness.session import options
from harness.session.journal.storing import session_of
from harness.session.storage import storage
from harness.worker.input_cache import input_cache

GROUPINGS = {"group", "name", "func", "fullname", "fullfunc", "param"}  # pytest-benchmark's
NOTES: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    benchmarks = session_of(config)
    if config.option.collectonly or benchmarks is None or benchmarks.disabled or benchmarks.skip:
        return
    for option, folder, is_made in _folders(config):
        refused = _refused(folder, is_made)
        if refused:
            raise pytest.UsageError(f"{option}: {refused}")
    for each in benchmarks.group_by.split(","):
        if each not in GROUPINGS and not each.startswith("param:"):
            raise pytest.UsageError(f"--benchmark-group-by: {each!r} is none of {', '.join(sorted(GROUPINGS))} and param:NAME.")
    config.stash[NOTES] = list(_without_a_baseline(benchmarks))


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    return config.stash.get(NOTES, [])


@pytest.hookimpl(wrapper=True)
def pytest_benchmark_compare_machine_info(benchmarksession: Any) -> Generator[None, object, object]:
    """pytest-benchmark's own warning of another machine fails where its storage is outside the working folder (its issue 217)."""
    try:
        return (yield)
    except ValueError:
        if Path(benchmarksession.storage.path).is_relative_to(Path.cwd()):
            raise
        benchmarksession.logger.warning(
            f"The run in {benchmarksession.storage.path} was measured on another machine, or with other versions."
        )
        return None


def _folders(config: pytest.Config) -> Iterator[tuple[str, Path, bool]]:
    """Of each file that is written: the option, the folder, and whether that is made where it is not there."""
    here, benchmarks = config.invocation_params.dir, session_of(config)
    if benchmarks.json:
        yield "--benchmark-json", here / Path(benchmarks.json).parent, False
        if (here / benchmarks.json).is_dir():
            raise pytest.UsageError(f"--benchmark-json: {benchmarks.json} is a folder. Name a file.")
    if benchmarks.save or benchmarks.autosave:
        yield "--benchmark-storage", storage(config), True
    yield "--benchmark-storage (the journal)", storage(config) / FOLDER, True
    if benchmarks.histogram:
        yield "--benchmark-histogram", here / Path(str(benchmarks.histogram)).parent, True
    if benchmarks.cprofile_dump:
        yield "--benchmark-cprofile-dump", here / Path(str(benchmarks.cprofile_dump)).parent, True
    if config.getoption("xmlpath", None):
        yield "--junit-xml", here / Path(config.option.xmlpath).parent, True
    cache = here / input_cache(options.of(config).cache)
    if any("popen" in spec for spec in options.of(config).workers.values()) and not cache.is_dir():  # what is there may be complete
        yield "--input-cache", cache, True


def _refused(folder: Path, is_made: bool) -> str:
    """Why no file can be written there; "" where one can. is_made: whoever writes it makes the folder."""
    if not folder.exists() and not is_made:
        return f"there is no folder {folder}. Make it first: what is measured could not be written."
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir():
        return f"{there} is no folder."
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written: permission denied."


def _without_a_baseline(benchmarks: Any) -> Iterator[str]:
    """What is asked for and cannot be done where no run is stored yet. Raises pytest.UsageError for a run that is named and not there."""
    if benchmarks.compare_fail and not benchmarks.compare:
        raise pytest.UsageError("--benchmark-compare-fail: add --benchmark-compare, which says what to compare with.")
    if not benchmarks.compare or benchmarks.compared_mapping:
        return
    if benchmarks.compare is not True:
        raise pytest.UsageError(f"--benchmark-compare: no run in {benchmarks.storage} is called {benchmarks.compare!r}.")
    benchmarks.compare_fail = []  # else pytest-benchmark ends with an error when everything is measured
    first = "this is the first" if benchmarks.save or benchmarks.autosave else "--benchmark-autosave makes this one the first"
    yield f"nothing to compare with yet: {benchmarks.storage} has no run, and {first}"
