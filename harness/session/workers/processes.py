"""Processes of this machine: whether one runs, and how one ends with all that it has started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil

KILL_SECONDS = 2.0


def runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill_tree(pid: int) -> None:
    """Kills the process group of that worker, and its descendants in groups of their own."""
    try:
        descendants = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        descendants = []
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # finds what a dead worker has orphaned, too
    for process in descendants:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + KILL_SECONDS
    while any(runs(process.pid) for process in descendants) and time.monotonic() < deadline:
        time.sleep(0.01)  # not until init has reaped them, too: that may take it a second, and a zombie holds nothing


def is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP))
    except psutil.NoSuchProcess:
        return False
