"""Whose CPU time went by: children count as the worker's own, whenever they come and go."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from harness.worker.meters.cpu import CpuMeter, cores, wait_until_idle

pytestmark = pytest.mark.alone

BUSY = "import time\nwhile time.process_time() < {seconds}: pass"


def busy(seconds: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", BUSY.format(seconds=seconds)])


def test_a_child_that_comes_and_goes_is_the_workers_own() -> None:
    meter = CpuMeter()
    assert busy(0.5).wait() == 0
    assert meter.usage().own_seconds >= 0.45


def test_a_child_that_was_there_and_goes_is_counted_from_the_start_of_the_reading() -> None:
    child = busy(0.6)
    time.sleep(0.2)
    meter = CpuMeter()
    child.wait()
    assert 0.0 <= meter.usage().own_seconds <= 0.65


def test_a_child_that_comes_and_stays_is_the_workers_own() -> None:
    meter = CpuMeter()
    child = busy(30.0)
    try:
        deadline = time.monotonic() + 20.0
        while meter.usage().own_seconds < 0.2:  # on a busy machine it gets little
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        child.kill()
        child.wait()


def test_a_process_that_rests_is_seen_to_rest() -> None:
    """Looking for children costs CPU time itself, which must not look like work."""
    start = time.perf_counter()
    wait_until_idle(30.0)
    assert time.perf_counter() - start < 20.0


def spin(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def test_the_meter_knows_its_own_cpu_time() -> None:
    meter = CpuMeter()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    usage = meter.usage()
    assert usage.own_seconds == pytest.approx(0.3, rel=0.2)
    assert usage.wall_seconds >= usage.own_seconds * 0.9
    assert 0.0 <= usage.foreign_share <= 1.0


def test_waiting_for_idle_ends_when_the_process_rests_and_at_the_limit() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=spin, args=(stop,))
    thread.start()
    start = time.perf_counter()
    wait_until_idle(0.3)
    assert time.perf_counter() - start >= 0.3
    stop.set()
    thread.join()
    start = time.perf_counter()
    wait_until_idle(10.0)
    assert time.perf_counter() - start < 5.0


def test_cores_are_those_the_process_may_run_on() -> None:
    assert cores() >= 1
