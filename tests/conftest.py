"""Shared by all tests."""

import os
import signal

import pytest
from hypothesis import settings

from harness.record.git import surroundings

settings.register_profile("suite", deadline=None)  # a busy machine is no failure
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_IGN:  # by nohup, cron, pytest-xdist: whatever a test starts would ignore it, too
            signal.signal(each, lambda *_: None)  # ignored here as before, and at its default in what is started
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]  # an inner pytest would take itself for a worker, and turn its benchmarks off
    for name in set(os.environ) - set(surroundings()):
        del os.environ[name]  # in a hook, git would take the repositories that tests make for the one that it was called for
    config.addinivalue_line("markers", "slow: its file takes most of a minute and more; `tox run -m slow` runs it, in CI after the others.")
    config.addinivalue_line("markers", "thorough: takes many minutes, and is run by `tox run -m thorough` alone.")
    config.addinivalue_line(
        "markers", "early: takes minutes, and is begun first: what is begun last keeps one core busy and leaves the others idle."
    )
    config.addinivalue_line("markers", "alone: no other test beside it, as it decides by the times that it measures.")
    config.addinivalue_line(
        "markers", "paced: as `alone`, of work that sleeps: it leaves the cores idle, and others of its kind may run beside it."
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("early") is None)
