"""What pytest calls: a launched process takes its rank before anything is configured, collected or measured."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import psutil
import pytest

from harness.session.launched import launchers
from harness.session.launched.announced import announced
from harness.session.launched.launchers import LaunchError
from harness.session.launched.line import Lines, RankZeroError, serve
from harness.session.launched.secret import secret
from harness.session.workers.gateway import MASTERS

LINES: pytest.StashKey[Lines] = pytest.StashKey()  # of the first of several launched processes


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """The exit status of a process that is not the first: it serves, and no session of its own begins. Raises pytest.UsageError."""
    if config.option.help or config.option.version:
        return None
    try:
        launch = launchers.found(os.environ)
        if launch is None:
            return None
        key, own = secret(), announced(launch.number, launch.count)
        for name in launchers.of_launchers(os.environ):  # of this pytest alone, and not of what it starts
            del os.environ[name]
        if launch.number:
            serve(launch, key, own, _end_children)
            return 0
        lines = config.stash[LINES] = Lines(launch, key, own)
    except RankZeroError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    except LaunchError as error:
        raise pytest.UsageError(str(error)) from error
    MASTERS.update(lines.gateways)
    config.add_cleanup(MASTERS.clear)
    config.add_cleanup(lines.close)
    return None


def pytest_report_header(config: pytest.Config) -> list[str]:
    lines = config.stash.get(LINES, None)
    return [] if lines is None else [f"{lines.launch.told}: this is rank 0, the others serve ({_hosts(lines)})"]


def _hosts(lines: Lines) -> str:
    return ", ".join(dict.fromkeys(each.host for each in lines.ranks))


def _end_children() -> None:
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
