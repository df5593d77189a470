"""Whose CPU time went by: the worker's own, and other processes'.

Other people's load slows the two frameworks unequally (their threads wait in different ways), and alternating their
blocks does not cancel that: it has to be seen.
"""

from __future__ import annotations

import math
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from harness.worker.meters import core_times
from harness.worker.meters.beside import beside
from harness.worker.meters.children import children
from harness.worker.meters.control_groups import quota_cores

CPU_INFO = Path("/proc/cpuinfo")
IDLE_SHARE = 0.05  # of one core: below this the worker counts as idle
IDLE_WINDOW_SECONDS = 0.03
IDLE_WINDOWS = 2  # one after the other: in a single one the kernel may just have run others


class Usage(msgspec.Struct, frozen=True):
    """CPU time between two readings of a meter."""

    wall_seconds: float
    own_seconds: float
    foreign_seconds: float
    cores: int  # that were watched

    @property
    def foreign_share(self) -> float:
        """Of the cores that were watched, 0 to 1."""
        return self.foreign_seconds / (self.wall_seconds * max(1, self.cores))


class CpuMeter:
    """Reads this process's tree and the whole machine.

    Children are looked for at the start and after a reading: a look costs milliseconds of CPU time, and is in neither. One that has
    ended meanwhile is in its parent's times, where the kernel adds it. The cores of ranks on this machine are watched with its own: what
    slows one of them is waited for by all.
    """

    def __init__(self) -> None:
        self._children = children()
        self._beside = beside()
        self._allowed = os.sched_getaffinity(0).union(*map(_cores_of, self._beside))
        self.restart()

    def restart(self) -> None:
        self._start = self._read()

    def usage(self) -> Usage:
        (wall, own, others, busy), (wall_then, own_then, others_then, busy_then) = self._read(), self._start
        watched = core_times.own(busy.keys() & busy_then.keys(), self._allowed)  # a core that came or went meanwhile is left out
        newborn = [child for child in children() if child not in self._children]
        self._children += newborn
        own += sum(map(_cpu_seconds, newborn)) - own_then
        foreign = sum(busy[core] - busy_then[core] for core in watched) - own - (others - others_then)
        return Usage(wall - wall_then, own, max(0.0, foreign), len(watched))

    def _read(self) -> tuple[float, float, float, dict[int, float]]:
        busy = core_times.busy_seconds()
        ended = os.times()
        own = time.process_time() + ended.children_user + ended.children_system + sum(map(_cpu_seconds, self._children))
        return time.perf_counter(), own, sum(map(_cpu_seconds, self._beside)), busy


def _cores_of(process: psutil.Process) -> set[int]:
    """Those that it may run on; none once it has ended."""
    with suppress(psutil.Error):
        return set(process.cpu_affinity())
    return set()


def _cpu_seconds(process: psutil.Process) -> float:
    """Of a process and of its children that have ended; 0 once it has ended itself: then its parent has them."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def cores() -> int:
    """Cores this process may use: by its affinity, and by its control groups' quota."""
    allowed, quota = len(os.sched_getaffinity(0)), quota_cores()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def model() -> str:
    """The CPU's name, as the kernel tells it."""
    try:
        lines = CPU_INFO.read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def wait_until_idle(limit_seconds: float) -> None:
    """Returns once this process's tree rests: its buffers are full, its threads have stopped spinning.

    The other framework's block comes next; what still runs here would be its foreign load.
    """
    meter, idle_windows = CpuMeter(), 0
    deadline = time.perf_counter() + limit_seconds
    while idle_windows < IDLE_WINDOWS and time.perf_counter() < deadline:
        meter.restart()
        time.sleep(IDLE_WINDOW_SECONDS)
        usage = meter.usage()
        idle_windows = idle_windows + 1 if usage.own_seconds < IDLE_SHARE * usage.wall_seconds else 0
