"""Tests that measure are not distributed: pytest-benchmark would switch itself off, and all would pass without a figure (its issue 293).

pytest-xdist's controller collects nothing: each of its processes tells by its output that it was to measure, and leaves it. pytest-forked
gives each test a process, with which workers and figures would end.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.session.cases import has_work
from harness.session.journal.storing import session_of

OUTPUT = "flowers_was_to_measure"  # in the output of a process of pytest-xdist
FORKED = "forked"  # pytest-forked's option


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """When it is known what runs."""
    output = getattr(config, "workeroutput", None)  # of a process of pytest-xdist alone
    is_distributed = output is not None or config.getoption("dist", "no") != "no" or config.getoption(FORKED, False)
    if not is_distributed or config.option.collectonly or session_of(config).skip or not any(map(has_work, items)):
        return
    if output is None:
        raise pytest.UsageError(_refusal(config))
    output[OUTPUT] = True
    items.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist's, in its controller: one of its processes has ended. One that has crashed has no output."""
    if OUTPUT in getattr(node, "workeroutput", {}):
        raise pytest.UsageError(_refusal(node.config))


def _refusal(config: pytest.Config) -> str:
    if config.getoption(FORKED, False):
        return (
            f"--{FORKED}: benchmarks run in one process of pytest. It keeps the workers and what they have measured, which would end with "
            "the process of a test. Leave the option out: a case that needs a process of its own has one."
        )
    option = "--numprocesses" if config.getoption("numprocesses", None) else "--dist"
    return (
        f"{option}: benchmarks run in one process of pytest. It measures the frameworks in turns, on a machine that does nothing else: "
        "tests in a process beside it would be part of what is measured. Leave the option out; -n 0 undoes one of a configuration."
    )
