"""The `examine` fixture: what `benchmarks/test_equal_work.py` calls, and what a session says and keeps of its examinations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fixtures.models.folder import Folder
from harness.findings.account import in_short
from harness.findings.benchmark_json import EXAMINATIONS
from harness.frameworks import FRAMEWORKS, titles
from harness.record.parting import EXAMINATIONS_FOLDER, Examination
from harness.record.text import visible
from harness.session import cases, options
from harness.session.comparer import COMPARER, Comparer
from harness.session.examination import store, terminal
from harness.session.progress import ProgressLine
from harness.session.storage import short, storage
from harness.session.workers.worker import WorkerStartError

MARKER = cases.ON_REQUEST
KEPT: pytest.StashKey[dict[str, str]] = pytest.StashKey()  # what is told of each that is written, by the name of the model
NARROW = 80  # columns of a log


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}: examines a model: where its two networks part, and why. Nothing is timed.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if cases.EXAMINED in metafunc.fixturenames and metafunc.definition.get_closest_marker(MARKER):
        models = options.of(metafunc.config).models
        metafunc.parametrize(cases.EXAMINED, models, ids=[each.name for each in models])


@pytest.fixture
def examine(pytestconfig: pytest.Config, comparer: Comparer, progress: ProgressLine) -> Callable[[Folder], Examination]:
    """A function that examines a model, and keeps at once what it finds. A test whose networks part fails, with places and reasons."""

    def examined(model: Folder) -> Examination:
        examiner = comparer.examiner(list(FRAMEWORKS))
        if not examiner.can:
            pytest.skip("unsupported: of these frameworks none can be walked through beside another")
        progress.announce(f"{model.name}: examining the network")
        try:
            found = examiner.examine(model)
        except WorkerStartError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        finally:
            progress.clear()
        keep(pytestconfig, found)
        if not found.agrees:
            pytest.fail(in_short(found, titles()), pytrace=False)
        return found

    return examined


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    examinations = of(config)
    if not examinations:
        return
    terminalreporter.section("equal work")
    width = max(NARROW, terminalreporter._tw.fullwidth)
    for each in examinations:
        for line in terminal.lines(each, width, titles()):
            terminalreporter.write_line(visible(line))
        terminalreporter.write_line(keep(config, each))


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    if examinations := of(config):
        output_json[EXAMINATIONS] = msgspec.to_builtins(examinations)


def keep(config: pytest.Config, examination: Examination) -> str:
    """Writes its JSON and its page, once; gives what is told of that."""
    kept = config.stash.setdefault(KEPT, {})
    if examination.model not in kept:
        try:
            stored = store.write(examination, storage(config) / EXAMINATIONS_FOLDER)
        except store.NoExamination as error:
            kept[examination.model] = str(error)
        else:
            kept[examination.model] = f"picture and all differences: {short(stored.page, config)}, as JSON beside it"
    return kept[examination.model]


def of(config: pytest.Config) -> list[Examination]:
    """Of this session."""
    comparer = config.stash.get(COMPARER, None)
    return [] if comparer is None else comparer.examinations
