"""Whose time the cores spent, where /proc/stat does not list them as 0, 1, 2 …: cores that are offline, and containers' own lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import psutil
import pytest

from harness.worker.meters import core_times, cpu
from harness.worker.meters.cpu import CpuMeter

TICKS = core_times.TICKS_PER_SECOND

Show = Callable[[dict[int, float]], None]


def line(name: str, busy_seconds: float) -> str:
    """Half of it is the user's, an eighth stolen; with time that was idle, and a guest's, which is the user's once more."""
    ticks = [busy_seconds * TICKS * share for share in (0.5, 0.125, 0.125, 0, 0, 0.0625, 0.0625, 0.125)]
    ticks[3:5] = [700, 90]
    return " ".join([name, *(str(int(each)) for each in ticks), "40", "2"])


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    """`show({core: seconds busy})`: from then on /proc/stat tells that."""
    file = tmp_path / "stat"
    monkeypatch.setattr(core_times, "STAT", file)

    def written(busy: dict[int, float]) -> None:
        lines = [line("cpu ", sum(busy.values())), *(line(f"cpu{core}", seconds) for core, seconds in busy.items())]
        file.write_text("\n".join([*lines, "intr 815 0 0", "ctxt 4711", "btime 1795985468\n"]))

    return written


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[int]], None]:
    return lambda cores: monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(cores))


def test_the_kernels_own_file() -> None:
    assert set(core_times.busy_seconds()) >= os.sched_getaffinity(0)
    assert min(core_times.busy_seconds().values()) > 0.0


def test_what_counts_as_busy(show: Show) -> None:
    show({0: 8.0, 10: 16.0})
    assert core_times.busy_seconds() == {0: 8.0, 10: 16.0}


@pytest.mark.parametrize(
    ("may_run_on", "listed", "watched"),
    [
        ({0, 1, 2, 3}, {0, 1, 2, 3}, {0, 1, 2, 3}),
        ({0, 1, 2, 3}, {0, 2, 3}, {0, 2, 3}),  # core 1 is offline
        ({3}, {0, 2, 3}, {3}),
        ({0, 1}, {0, 2, 3}, {0}),
        ({2, 3}, set(range(64)), {2, 3}),
        ({4, 5}, {0, 1}, {0, 1}),  # a container's cores 4 and 5 under names of its own
        ({1, 2}, {0, 1}, {0, 1}),
        ({4, 5, 6, 7}, {0}, {0}),  # and with no more of them than its quota is worth
        ({4}, {0, 1}, {0, 1}),
    ],
)
def test_the_cores_that_are_watched(may_run_on: set[int], listed: set[int], watched: set[int]) -> None:
    assert core_times.own(listed, may_run_on) == watched


def test_foreign_load_without_an_offline_core(show: Show, allowed: Callable[[Iterable[int]], None]) -> None:
    """Of cores 0 to 3 number 1 is offline: the last one's load is still its own."""
    allowed({0, 1, 2, 3})
    show({0: 8.0, 2: 8.0, 3: 8.0})
    meter = CpuMeter()
    show({0: 8.0, 2: 8.0, 3: 24.0})
    usage = meter.usage()
    assert usage.cores == 3
    assert 15.0 < usage.foreign_seconds <= 16.0
    assert usage.foreign_share == usage.foreign_seconds / (3 * usage.wall_seconds)


def test_a_core_that_goes_or_comes_meanwhile_is_no_load(show: Show, allowed: Callable[[Iterable[int]], None]) -> None:
    allowed({0, 1})
    show({0: 8.0, 1: 8000.0})
    meter = CpuMeter()
    show({0: 8.0})
    assert meter.usage().foreign_seconds == 0.0
    meter.restart()
    show({0: 8.0, 1: 8000.0})
    assert meter.usage().foreign_seconds == 0.0


@pytest.mark.parametrize(("busy", "foreign_seconds"), [({0: 0.0, 1: 4.0}, 0.0), ({0: 0.0, 1: 9.0}, 5.0), ({0: 5.0, 1: 4.0}, 5.0)])
def test_the_cores_of_other_ranks_are_watched_too(
    show: Show, allowed: Callable[[Iterable[int]], None], monkeypatch: pytest.MonkeyPatch, busy: dict[int, float], foreign_seconds: float
) -> None:
    """A rank that others slow down is waited for by all. What it takes itself is nobody's load."""
    allowed({0})
    taken = [0.0, 4.0]
    times = lambda: SimpleNamespace(user=taken.pop(0), system=0.0, children_user=0.0, children_system=0.0)  # noqa: E731
    monkeypatch.setattr(cpu, "beside", lambda: [SimpleNamespace(cpu_affinity=lambda: [1], cpu_times=times)])
    show({0: 0.0, 1: 0.0})
    meter = CpuMeter()
    show(busy)
    usage = meter.usage()
    assert usage.cores == 2
    assert usage.foreign_seconds == pytest.approx(foreign_seconds, abs=0.2)


def test_a_rank_that_has_ended_has_no_cores(show: Show, allowed: Callable[[Iterable[int]], None], monkeypatch: pytest.MonkeyPatch) -> None:
    ended = psutil.Process(os.getpid())
    monkeypatch.setattr(ended, "cpu_affinity", mock.Mock(side_effect=psutil.NoSuchProcess(ended.pid)))
    allowed({0})
    monkeypatch.setattr(cpu, "beside", lambda: [ended])
    show({0: 0.0, 1: 0.0})
    assert CpuMeter().usage().cores == 1
