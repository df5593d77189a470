"""A case that ends before it has a figure says why itself: pytest-benchmark need not warn that its fixture was not used.

A test that returns without having measured is warned of all the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator

import pytest
from pytest_benchmark.logger import PytestBenchmarkWarning

from harness.session.cases import CASE

MESSAGE = "Benchmark fixture was not used at all in this test!"
IN_A_CASE = pytest.StashKey[bool]()  # the session was ended while a case was set up or measured


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _ended(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _ended(item))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Inside pytest's own, whose filters end with it. The fixtures of a test that an exit or Ctrl-C has ended are torn down here."""
    if session.config.stash.get(IN_A_CASE, False):
        _ignore()
    return (yield)


def _ended(item: pytest.Item) -> Generator[None, object, object]:
    """The filter lasts as long as pytest's filters of the test: it is torn down below it, where it was not ended with the session."""
    try:
        return (yield)
    except BaseException as error:
        if CASE in item.stash:
            _ignore()
            if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
                item.config.stash[IN_A_CASE] = True
        raise


def _ignore() -> None:
    warnings.filterwarnings("ignore", MESSAGE, PytestBenchmarkWarning)
