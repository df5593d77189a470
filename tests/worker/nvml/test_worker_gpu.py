"""What the benches make of the probe's answers: readings and shares; on a fake driver, and without a GPU."""

from __future__ import annotations

import time

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.measurement import Reading
from harness.worker.meters import children, slowdown
from harness.worker.meters.cpu import CpuMeter
from harness.worker.meters.device_memory import DeviceMemory, process
from harness.worker.meters.gpu import GPU, NO_GPU
from harness.worker.meters.nvml.messages import COUNTERS, Counters, Value
from harness.worker.timing.rounds import Timed, timed_round, window
from tests.stand_in.framework import Steps
from tests.worker.nvml import fake
from tests.worker.nvml.conftest import Watch

STEP_SECONDS = 0.01
WORK = Steps(None, STEP_SECONDS)  # type: ignore[arg-type]


def one_step() -> Timed:
    return timed_round(WORK, 1, None)


def read(reading: Reading) -> tuple[int | None, str]:
    return reading.value_bytes, reading.status


def test_device_memory_is_what_came_on_top_of_the_baseline(watch: Watch) -> None:
    watch(f"{fake.H100}reserved 600\nmemory 0 1000\nmemory 0.3 8000\nmemory 0.4 3000\nprocess parent 2500\n")
    device = DeviceMemory("it grows")
    baseline, reserved, before = device.at_start()
    assert (read(baseline), read(reserved), read(before)) == ((1000, "ok"), (600, "ok"), (2500, "ok"))
    time.sleep(0.5)
    warm_up = device.peak()
    time.sleep(0.05)
    assert (warm_up.value_bytes, device.peak().value_bytes) == (7000, 2000)
    assert warm_up.source == "NVML MemoryInfo v2 every 10 ms, above the baseline; it grows"
    assert max(point.used_bytes for point in device.stop()) == 8000
    assert 0.01 <= device.figures()["widest_sampling_gap_seconds"] < 0.5


def test_memory_that_others_gave_back_makes_no_negative_peak(watch: Watch) -> None:
    watch(f"{fake.H100}memory 0 1000\nmemory 1 10\n")
    time.sleep(1.1)
    value, status = read(DeviceMemory("it grows").peak())
    assert (value, status) == (None, "less than the baseline: another process has freed memory meanwhile")


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        ("process 0 0", "not among the 1 processes that the driver lists"),  # a container without the host's PIDs
        ("process 999999 5000\nprocess 1 none", "not among the 2 processes"),
        ("", "not among the 0 processes"),
        ("process parent none", "without its memory (MIG, container)"),
        ("process parent 0", "without its memory (MIG, container)"),
        ("fail nvmlDeviceGetComputeRunningProcesses_v3 4\nfail nvmlDeviceGetComputeRunningProcesses_v2 4", "Insufficient Permissions"),
    ],
)
def test_a_process_whose_memory_cannot_be_read_says_why(watch: Watch, listed: str, status: str) -> None:
    watch(f"{fake.H100}{listed}\n")
    reading = process("process_bytes")
    assert reading.value_bytes is None
    assert status in reading.status


def test_without_a_gpu_every_reading_says_so_and_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(psutil.Process().children())
    device = DeviceMemory("")
    readings = [*device.at_start(), device.peak(), process("process_bytes")]
    assert {read(each)[0] for each in readings} == {None}
    assert all(NO_GPU in each.status for each in readings)
    assert (device.stop(), device.figures(), GPU.environment()) == ((), {}, {})
    assert slowdown.figures([slowdown.between(slowdown.read(), slowdown.read())])[0] == {}
    assert len(psutil.Process().children()) == before


def test_the_probe_is_neither_the_works_memory_nor_its_cpu_time(watch: Watch) -> None:
    own_children = [child.pid for child in children.children()]
    watch(fake.H100)
    assert GPU._probe is not None
    pid = GPU._probe.pid
    assert pid in [child.pid for child in children.children()]
    children.watches(pid)
    assert [child.pid for child in children.children()] == own_children
    assert pid not in [child.pid for child in CpuMeter()._children]


@pytest.mark.parametrize(("share", "throttled"), [(0.5, True), (0.01, False)])
def test_a_window_under_thermal_slowdown_is_not_sound(watch: Watch, share: float, throttled: bool) -> None:
    watch(f"{fake.H100}counter 74 0 1000 0.9\ncounter 269 0 0 0\ncounter 270 0 1000 {share}\ncounter 271 0 0 0\n")
    taken = window(one_step, 0, CpuMeter(), max_rounds=100)
    assert [round_.throttled_share for round_ in taken.rounds] == [pytest.approx(share, rel=0.1)] * len(taken.rounds)
    assert all(round_.throttled is throttled for round_ in taken.rounds)
    figures, missing = slowdown.figures([taken.slowdown])
    assert figures["sw_power_cap_share"] == pytest.approx(0.9, rel=0.1), "normal under load: no fault"
    assert figures["hw_thermal_slowdown_share"] == pytest.approx(share, rel=0.1)
    assert missing == {}


def test_what_a_driver_does_not_count_is_missing_with_its_reason(watch: Watch) -> None:
    watch(fake.H100, "OLD_DRIVER")
    taken = window(one_step, 0, CpuMeter(), max_rounds=1)
    assert (taken.rounds[0].throttled_share, taken.rounds[0].throttled) == (None, False)
    figures, missing = slowdown.figures([taken.slowdown])
    assert figures == {}
    assert missing == {f"{name}_share": "Function Not Found (nvmlDeviceGetFieldValues)" for name in COUNTERS}


def counted(clock_nanoseconds: int, values: list[int | None]) -> Counters:
    told = {name: Value(value, "", "ok" if value is not None else "why") for name, value in zip(COUNTERS, values, strict=True)}
    return Counters(clock_nanoseconds, told)


@given(st.lists(st.none() | st.integers(0, 10**12), min_size=4, max_size=4), st.lists(st.integers(0, 10**9), min_size=4, max_size=4))
def test_shares_are_shares(values: list[int | None], spent: list[int]) -> None:
    after = [None if value is None else value + more for value, more in zip(values, spent, strict=True)]
    found = slowdown.between(counted(0, values), counted(10**9, after))
    assert all(0.0 <= share <= 1.0 for share in found.shares.values())
    assert found.nanoseconds.keys() | found.missing.keys() == COUNTERS.keys()
    assert not found.nanoseconds.keys() & found.missing.keys()
    faults = [more for value, more in zip(values[1:], spent[1:], strict=True) if value is not None]
    assert found.throttled_share == (max(faults) / 10**9 if faults else None)


def test_a_counter_that_went_back_tells_nothing() -> None:
    found = slowdown.between(counted(0, [5, 5, 5, 5]), counted(10, [6, 4, 5, 5]))
    assert found.missing == {"sw_thermal_slowdown": "the counter went back: the driver was loaded anew"}
