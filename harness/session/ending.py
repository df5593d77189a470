"""SIGTERM and SIGHUP end a session as Ctrl-C does: what is complete is stored, and no worker is left. A second signal ends it at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

ONE_SIGNAL_SECONDS = 1.0  # a terminal that closes sends it twice: from the kernel, and from the shell
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
    """Unwinds as Ctrl-C does."""
    heard_seconds = time.monotonic()

    def second(number: int, _frame: FrameType | None) -> None:
        """Kills: the journal has all that was complete, and workers end with their pipe."""
        if time.monotonic() - heard_seconds > ONE_SIGNAL_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for each in ENDING:
        if signal.getsignal(each) is _first:
            signal.signal(each, second)
    raise KeyboardInterrupt(signal.Signals(number).name)
