"""The journal in a session of pytest: opened before the first case, told where it is, and removed when its figures are stored."""

from __future__ import annotations

import copy
import os
from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_benchmark import plugin

from harness.findings.benchmark_json import BENCHMARKS, EXAMINATIONS, UNMEASURED
from harness.record.journal import FOLDER, FORMAT_VERSION, SUFFIX, JournalError, Opened
from harness.session.cases import CASE, MODEL
from harness.session.journal import resuming, storing
from harness.session.journal.ending import Ending
from harness.session.journal.session_journal import KEY, SessionJournal, refusal
from harness.session.journal.work import differences, work_of
from harness.session.pace.pacing import NOT_BEGUN
from harness.session.storage import short, storage

MADE_OF_MEASUREMENTS = frozenset({BENCHMARKS, UNMEASURED, EXAMINATIONS})  # in a file, beside its frame
MACHINE: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
ENDING: pytest.StashKey[Ending] = pytest.StashKey()
OPTIONS = (
    "min_rounds", "min_time", "max_time", "precision", "confidence", "disable_gc", "warmup", "warmup_iterations", "calibration_precision",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("frameworks")
    group.addoption(
        "--resume",
        action="store_true",
        help="Go on where the newest unfinished session of the same work has ended: what it has measured is taken from its journal.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, Any]:
    """pytest-benchmark's own, which takes a third of a second, once a session."""
    if MACHINE not in config.stash:
        config.stash[MACHINE] = plugin.pytest_benchmark_generate_machine_info()  # type: ignore[no-untyped-call]
    return copy.deepcopy(config.stash[MACHINE])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    items = [item for item in session.items if CASE in item.stash or MODEL in item.stash]
    benchmarks = storing.session_of(config)
    if not items or config.option.collectonly or benchmarks is None or benchmarks.disabled or benchmarks.skip:
        return
    info, commit = _infos(config)
    work = work_of(config, items, str(commit.get("id")))
    now = datetime.now(UTC)
    opened = Opened(
        format_version=FORMAT_VERSION,
        datetime=now.isoformat(),
        work=work,
        cases=tuple(item.nodeid for item in items),
        benchmark_options={name: _plain(benchmarks.options[name]) for name in OPTIONS},
        storage=str(storage(config)),
        saved_as=config.getoption("benchmark_save") or config.getoption("benchmark_autosave") or "",
    )
    folder = storage(config) / FOLDER
    path = folder / f"{now:%Y-%m-%dT%H-%M-%S}-{os.getpid()}{SUFFIX}"
    journal = config.stash[KEY] = SessionJournal(config, items, opened, path, lambda: _frame(config))
    if config.getoption("resume"):
        found, told = resuming.newest(folder, lambda other: differences(other, work, opened.cases, info))
        if told and found is not None:
            raise pytest.UsageError(refusal(found.path, told))
        if found is not None:
            try:
                journal.resume(found)
            except (JournalError, OSError) as error:
                raise pytest.UsageError(f"--resume: {error}") from error


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    journal = config.stash.get(KEY, None)
    if journal is None:
        return []
    told = [f"journal: {short(journal.path, config)}"]
    if journal.resumed:
        done, of = len(journal.resumed.done), len(journal.opened.cases)
        told.append(f"resumed: {done} of {of} cases have been measured before, and are not measured again")
    elif config.getoption("resume"):
        told.append("nothing to resume: there is no unfinished journal, and all is measured")
        told += [f"left out: {why}" for why in resuming.left_out(journal.path.parent)]
    elif found := resuming.unfinished(journal.path.parent):
        told.append(f"an unfinished journal is there, {short(found[0].path, config)}: --resume goes on with it if it is of the same work")
    return told


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped has no figures, and is no reason to go on with a session. One that has failed without figures is, and so is
    one that the budget had no room for."""
    report = yield
    journal = item.config.stash.get(KEY, None)
    if journal is not None and report.skipped and NOT_BEGUN not in item.stash:
        journal.over.add(item.nodeid)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Around pytest-benchmark's storing, and around what other plugins do at the end: whatever goes wrong there, the files are made."""
    journal = session.config.stash.get(KEY, None)
    if journal is None:
        return (yield)
    ending = Ending(session.config, journal)
    ending.is_refused = session.exitstatus == pytest.ExitCode.USAGE_ERROR
    try:
        session.config.stash[ENDING] = ending
        if not ending.rehearse():
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        return (yield)
    except BaseException:
        ending.stored = False  # what pytest-benchmark has begun need not be whole
        raise
    finally:
        for line in ending.conclude():
            _tell(session.config, line)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(config: pytest.Config) -> Generator[None, None, None]:
    """Below all that others tell."""
    try:
        return (yield)
    finally:
        if ENDING in config.stash:
            for line in config.stash[ENDING].conclude():
                _tell(config, line)


@pytest.hookimpl(trylast=True)
def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    if ENDING in config.stash:  # else it is the journal that asks, for a frame
        config.stash[ENDING].complete(output_json)


def _infos(config: pytest.Config) -> tuple[dict[str, Any], dict[str, Any]]:
    """What pytest-benchmark tells of the machine and of the commit, other plugins' additions included."""
    hook = config.hook
    info = hook.pytest_benchmark_generate_machine_info(config=config)
    hook.pytest_benchmark_update_machine_info(config=config, machine_info=info)
    commit = hook.pytest_benchmark_generate_commit_info(config=config)
    hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit)
    return info, commit


def _frame(config: pytest.Config) -> tuple[dict[str, Any], str]:
    """The file as pytest-benchmark would write it now, but for its benchmarks; and what could not be added to it.

    Somebody's own hook may count on benchmarks: it is called again at the end, with them.
    """
    problem = ""
    info, commit = _infos(config)
    output: dict[str, Any] = config.hook.pytest_benchmark_generate_json(
        config=config, benchmarks=[], include_data=True, machine_info=info, commit_info=commit
    )
    try:
        config.hook.pytest_benchmark_update_json(config=config, benchmarks=[], output_json=output)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return {name: [] if name in MADE_OF_MEASUREMENTS else value for name, value in output.items()}, problem


def _plain(value: Any) -> Any:
    """pytest-benchmark has decimal numbers of its own."""
    return float(value) if isinstance(value, Decimal) else value


def _tell(config: pytest.Config, line: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(line)
