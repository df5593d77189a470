"""A plugin of the sessions that are ended: it tells what tests have seen, and makes the mistake that it is told to make."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from harness.findings.benchmark_json import FIELD
from tests.endurance.figures import digest
from tests.endurance.telling import tell

RAISES = "ENDURANCE_RAISES"  # "HOOK NUMBER": which call of it fails; "" for none
STAGES = ("pytest_sessionstart", "pytest_collection_finish", "pytest_sessionfinish", "pytest_terminal_summary", "pytest_unconfigure")

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, and what that starts does
for _each in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(_each, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    benchmark = getattr(item, "funcargs", {}).get("benchmark")
    if call.when == "call" and call.excinfo is None and benchmark is not None:
        tell("seen", fullname=item.nodeid, figures=digest(benchmark.extra_info[FIELD]))


class Stages:
    """Tells when the session comes to each."""


class Mistaken:
    """Another's plugin, with a mistake."""


def _telling(stage: str) -> Callable[[], None]:
    return lambda: tell(stage)


def _failing(hook: str, number: int) -> Callable[[], None]:
    calls = 0

    def fail() -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            tell("raised", hook=hook)
            raise RuntimeError(f"a mistake in call {number} of {hook}")

    return fail


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    stages = Stages()
    for stage in STAGES:
        setattr(stages, stage, pytest.hookimpl(tryfirst=True)(_telling(stage)))
    config.pluginmanager.register(stages)
    hook, _, number = os.environ.get(RAISES, "").partition(" ")
    if hook:
        mistaken = Mistaken()
        setattr(mistaken, hook, _failing(hook, int(number)))
        config.pluginmanager.register(mistaken)
