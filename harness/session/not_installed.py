"""A framework that is missing altogether fails the session: skipped cases alone would leave a comparison of one side green."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from harness.frameworks import FRAMEWORKS, title
from harness.record.measurement import Measurement
from harness.record.outcome import NOT_INSTALLED, Outcome
from harness.session import recording

TOLD: pytest.StashKey[list[str]] = pytest.StashKey()
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)  # what ended otherwise has said why


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With another exit code than a failed case has: the gate goes on with that one."""
    told = list(sentences(list(session.config.stash[recording.KEY].values())))
    if told and session.exitstatus in ENDED:
        session.config.stash[TOLD] = told
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_unconfigure(config: pytest.Config) -> None:
    """Below pytest's own summary: the last lines of a log."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    for line in config.stash.get(TOLD, []):
        if terminal is not None:
            terminal.write_line(f"ERROR: {line}", red=True)


def sentences(measurements: Sequence[Measurement]) -> Iterator[str]:
    """One for each framework that was chosen and of which nothing could be measured, as it is not installed, or what it needs is not."""
    for framework in dict.fromkeys(each.case.framework for each in measurements):
        own = [each for each in measurements if each.case.framework == framework]
        missing = next((each.detail for each in own if NOT_INSTALLED in each.detail), None)
        if missing is None or any(each.outcome is not Outcome.UNSUPPORTED for each in own):
            continue
        lacking = framework if missing.startswith(NOT_INSTALLED) else _maker(framework)
        mend = f"pip install -e '.[{lacking}]' there, or name an interpreter that has it: --worker {lacking}=popen//python=PATH"
        without = f'. To measure without it on purpose: -k "not {framework}"' if lacking == framework else ""
        yield f"{title(framework)}: no case was measured: {missing}. {mend}{without}"


def _maker(framework: str) -> str:
    """The framework that makes the weights of the others."""
    return next((name for name, listing in FRAMEWORKS.items() if listing.original), framework)
