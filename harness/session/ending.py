"""SIGTERM and SIGHUP end a session as Ctrl-C does: what is complete is stored, and no worker is left. A second signal ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BEFORE: pytest.StashKey[dict[signal.Signals, Any]] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A signal that is ignored, as a job in the background ignores Ctrl-C, stays so."""
    if threading.current_thread() is not threading.main_thread():
        return
    defaults: tuple[Callable[..., Any] | int, ...] = (signal.SIG_DFL, signal.default_int_handler)
    before = {each: handler for each in ENDING if (handler := signal.getsignal(each)) in defaults}
    for each in before:
        signal.signal(each, _first)
    config.stash[BEFORE] = before


def pytest_unconfigure(config: pytest.Config) -> None:
    for each, handler in config.stash.get(BEFORE, {}).items():
        signal.signal(each, handler)


def _first(number: int, _frame: FrameType | None) -> None:
    """Unwinds as Ctrl-C does. The next signal kills: the journal has all that was complete, and workers end with their pipe."""
    for each in ENDING:
        if signal.getsignal(each) is _first:
            signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt(signal.Signals(number).name)
