"""The probe against a scripted driver: what it tells, what it does not and why, and that it always answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from harness.session.workers.processes import runs
from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.curve import PERIOD_SECONDS, POINTS
from harness.worker.meters.nvml.messages import (
    COUNTERS,
    GpuProcess,
    ListProcesses,
    ReadCounters,
    ReadEnergy,
    ReadMemory,
    ReadState,
    StartSampling,
    StopSampling,
    TakePeak,
)
from tests.worker.nvml import fake
from tests.worker.nvml.conftest import OpenProbe

OTHER_GPU = "GPU-99999999-0000-4000-8000-000000000002"
MIG = "MIG-3d3b1c52-0000-4000-8000-000000000003"
OTHER_MIG = "MIG-77777777-0000-4000-8000-000000000004"
TWO_GPUS = f"{fake.H100}gpu {OTHER_GPU} 1000 NVIDIA L4\nmemory 0 77\n"
DIVIDED = f"""{fake.H100}
memory 0 5000
mig {MIG} 10000 NVIDIA H100 MIG 1g.10gb
memory 0 100
mig {OTHER_MIG} 20000 NVIDIA H100 MIG 2g.20gb
"""


def test_what_does_not_change_of_a_gpu(probe: OpenProbe) -> None:
    gpu = probe(f"driver 610.43.02\ncuda 13010\n{fake.H100}power_limit 650000\necc 1\npersistence 1\n").gpu
    assert (gpu.uuid, gpu.name, gpu.memory_bytes) == (fake.GPU, "NVIDIA H100 80GB HBM3", fake.TOTAL_BYTES)
    assert (gpu.driver, gpu.cuda_driver) == ("610.43.02", "13.1")
    assert (gpu.power_limit_watts, gpu.ecc, gpu.persistence_mode, gpu.mig) == (650.0, True, True, False)
    assert (gpu.max_sm_clock_mhz, gpu.max_memory_clock_mhz, gpu.missing) == (1980, 2619, {})


def test_what_changes(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}clock 1755 2619\ntemperature 61\nreserved 600\nmemory 0 1000\nenergy 5000 700\nprocess 1 none\n")
    state = asked.ask(ReadState())
    assert (state.sm_clock_mhz.value, state.memory_clock_mhz.value, state.temperature_celsius.value) == (1755, 2619, 61)
    assert state.temperature_celsius.source == "nvmlDeviceGetTemperatureV"
    memory = asked.ask(ReadMemory())
    assert (memory.used_bytes.value, memory.reserved_bytes.value) == (1000, 600)
    first, second = asked.ask(ReadEnergy()), asked.ask(ReadEnergy())
    assert 5000 <= first.millijoules.value <= second.millijoules.value
    assert first.clock_nanoseconds < second.clock_nanoseconds
    (process,) = asked.ask(ListProcesses()).listed.value
    assert process == GpuProcess(1, psutil.Process(1).name(), None)


def test_counters_grow_with_the_time_that_they_count(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}counter 74 0 1000 0.9\ncounter 269 0 1000 0.25\ncounter 270 0 0 0\ncounter 271 0 0 0\n")
    before = asked.ask(ReadCounters())
    time.sleep(0.2)
    after = asked.ask(ReadCounters())
    wall = after.clock_nanoseconds - before.clock_nanoseconds
    grown = {name: (after.nanoseconds[name].value - before.nanoseconds[name].value) / wall for name in COUNTERS}
    assert grown == {
        "sw_power_cap": pytest.approx(0.9, rel=0.05),
        "sw_thermal_slowdown": pytest.approx(0.25, rel=0.05),
        "hw_thermal_slowdown": 0.0,
        "power_brake_slowdown": 0.0,
    }


def test_the_peak_of_a_plateau_that_outlasts_the_gap_is_exact_and_each_stretch_has_its_own(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}memory 0 1000\nmemory 0.5 123456789\nmemory 0.6 2000\nmemory 1.2 4000\nmemory 1.3 3000\n")
    assert asked.ask(StartSampling()).used_bytes.value == 1000
    time.sleep(0.7)
    first = asked.ask(TakePeak())
    time.sleep(0.7)
    second = asked.ask(TakePeak())
    assert (first.used_bytes.value, second.used_bytes.value) == (123456789, 4000)
    assert max(first.widest_gap_seconds, second.widest_gap_seconds) < 0.1, "a plateau of 0.1 s is sure to be seen"
    assert first.samples > 0.1 * 0.7 / PERIOD_SECONDS
    points = asked.ask(StopSampling()).points
    assert max(point.used_bytes for point in points) == 123456789
    assert len(points) <= POINTS
    assert [point.seconds for point in points] == sorted(point.seconds for point in points)


def test_a_slow_driver_widens_the_gap_and_the_status_says_what_may_hide_there(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}memory 0 1000\nmemory 0.40 9000\nmemory 0.41 1000\nslow nvmlDeviceGetMemoryInfo_v2 150\n")
    asked.ask(StartSampling())
    time.sleep(0.5)
    peak = asked.ask(TakePeak())
    assert 0.15 <= peak.widest_gap_seconds < 1.0
    gap = f"{peak.widest_gap_seconds * 1e3:.0f} ms"
    assert peak.used_bytes.status == f"a peak shorter than {gap} may hide: the widest gap between two samples"


def test_a_driver_that_goes_while_memory_is_sampled(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}memory 0 1000\nmemory 0.2 5000\ngone 0.4\n")
    asked.ask(StartSampling())
    time.sleep(0.6)
    peak = asked.ask(TakePeak())
    assert peak.used_bytes.value is None, "nobody knows what came after"
    assert "GPU is lost" in peak.used_bytes.status
    assert "was 5000 bytes" in peak.used_bytes.status
    assert peak.widest_gap_seconds > 0.1
    assert "GPU is lost" in asked.ask(ReadState()).sm_clock_mhz.status
    assert asked.ask(StopSampling()).points, "what was seen before stays"


def test_a_driver_that_hangs_costs_an_answer_and_no_more(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}memory 0 1000\nhang nvmlDeviceGetMemoryInfo_v2 0.3\n", answer_seconds=0.5)
    asked.ask(StartSampling())
    time.sleep(0.4)
    start = time.monotonic()
    assert asked.ask(TakePeak()).used_bytes.status == "the driver hangs: no answer within 0.5 s"
    assert asked.ask(ReadState()).sm_clock_mhz.status == "the driver hangs: no answer within 0.5 s"
    assert time.monotonic() - start < 2.0
    assert not psutil.pid_exists(asked.pid)


def test_a_driver_that_hangs_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake.variables(tmp_path, f"{fake.H100}hang nvmlInitWithFlags 0\n").items():
        monkeypatch.setenv(name, value)
    hung = Probe(None, open_seconds=0.7)
    assert hung.gpu.missing["uuid"] == "the driver hangs: no answer within 0.7 s"


def test_what_the_driver_does_not_support_has_a_status(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}counter 74 0 0 0\n")
    assert asked.ask(ReadEnergy()).millijoules.status == "Not Supported (nvmlDeviceGetTotalEnergyConsumption)"
    counters = asked.ask(ReadCounters()).nanoseconds
    assert counters["sw_power_cap"].value is not None
    assert counters["hw_thermal_slowdown"].status == "Not Supported (NVML field 270)"
    assert asked.ask(ListProcesses()).listed.value == ()


def test_an_old_driver_lacks_functions_and_is_asked_the_older_ones(probe: OpenProbe) -> None:
    asked = probe(f"{fake.H100}memory 0 1000\nreserved 600\ntemperature 50\nprocess 1 2000\nenergy 1 1\ncounter 269 0 0 0\n", "OLD_DRIVER")
    memory = asked.ask(ReadMemory())
    assert (memory.used_bytes.value, memory.used_bytes.source) == (1600, "NVML MemoryInfo v1 (the driver's reserve counted in)")
    assert memory.reserved_bytes.value is None
    assert asked.ask(ReadState()).temperature_celsius.source == "nvmlDeviceGetTemperature"
    assert [process.used_bytes for process in asked.ask(ListProcesses()).listed.value] == [2000]
    assert asked.ask(ReadEnergy()).millijoules.status == "Function Not Found (nvmlDeviceGetTotalEnergyConsumption)"
    assert asked.ask(ReadCounters()).nanoseconds["sw_thermal_slowdown"].status == "Function Not Found (nvmlDeviceGetFieldValues)"
    assert asked.gpu.missing == {}


def test_permission_denied(probe: OpenProbe) -> None:
    functions = ("ComputeRunningProcesses_v3", "ComputeRunningProcesses_v2", "FieldValues", "EccMode")
    asked = probe(fake.H100 + "".join(f"fail nvmlDeviceGet{each} 4\n" for each in functions))
    assert asked.ask(ListProcesses()).listed.status == "Insufficient Permissions (nvmlDeviceGetComputeRunningProcesses_v3)"
    assert {value.status for value in asked.ask(ReadCounters()).nanoseconds.values()} == {
        "Insufficient Permissions (nvmlDeviceGetFieldValues)"
    }
    assert (asked.gpu.ecc, asked.gpu.missing) == (None, {"ecc": "Insufficient Permissions (nvmlDeviceGetEccMode)"})


@pytest.mark.parametrize(
    ("visible", "uuid"),
    [(None, fake.GPU), ("0", fake.GPU), ("1", OTHER_GPU), ("1,0", OTHER_GPU), (OTHER_GPU, OTHER_GPU), ("GPU-9999", OTHER_GPU)],
)
def test_two_gpus(probe: OpenProbe, visible: str | None, uuid: str) -> None:
    asked = probe(TWO_GPUS, visible=visible)
    assert asked.gpu.uuid == uuid
    assert asked.ask(ReadMemory()).used_bytes.value == (77 if uuid == OTHER_GPU else 0)


@pytest.mark.parametrize("visible", ["", "-1", "2", "GPU-0", "MIG-3d3b", "none"])
def test_no_gpu_is_left(probe: OpenProbe, visible: str) -> None:
    asked = probe(TWO_GPUS, visible=visible)
    reason = f"CUDA_VISIBLE_DEVICES={visible} leaves none of 2 GPUs"
    assert (asked.gpu.uuid, asked.gpu.missing["uuid"]) == (None, reason)
    assert asked.ask(ReadMemory()).used_bytes.status == reason


@pytest.mark.parametrize(
    ("visible", "uuid", "used"), [(None, MIG, 100), ("0", MIG, 100), (OTHER_MIG, OTHER_MIG, 0), ("MIG-7777", OTHER_MIG, 0)]
)
def test_a_mig_device_tells_its_own_memory_and_of_the_rest_why_not(probe: OpenProbe, visible: str | None, uuid: str, used: int) -> None:
    asked = probe(DIVIDED, visible=visible)
    assert (asked.gpu.uuid, asked.gpu.mig, asked.gpu.memory_bytes) == (uuid, True, 10000 if uuid == MIG else 20000)
    assert asked.ask(ReadMemory()).used_bytes.value == used
    assert asked.gpu.missing["power_limit_watts"] == "Not Supported (nvmlDeviceGetEnforcedPowerLimit)"
    assert asked.ask(ReadState()).temperature_celsius.status == "Not Supported (nvmlDeviceGetTemperatureV)"
    assert asked.ask(ReadEnergy()).millijoules.value is None
    assert all(value.value is None for value in asked.ask(ReadCounters()).nanoseconds.values())


def test_no_driver_at_all(monkeypatch: pytest.MonkeyPatch, probe: OpenProbe) -> None:
    assert probe("fail nvmlInitWithFlags 9\n").gpu.missing["uuid"] == "Driver Not Loaded"
    monkeypatch.delenv("LD_LIBRARY_PATH")
    monkeypatch.delenv("FAKE_NVML")
    without = Probe(None)
    assert without.gpu.uuid is None
    assert without.gpu.missing["name"]
    without.close()


def test_a_probe_that_is_killed(probe: OpenProbe) -> None:
    asked = probe(fake.H100)
    os.kill(asked.pid, signal.SIGKILL)
    assert asked.ask(ReadState()).sm_clock_mhz.status == "the probe has died"
    assert asked.ask(StopSampling()).status == "the probe has died"


def test_a_probe_ends_with_whoever_started_it_even_if_a_forked_child_lives_on(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, signal, time
        from harness.worker.meters.nvml.client import Probe
        probe = Probe(None)
        child = os.fork()
        if child == 0:
            time.sleep(60)  # holds the pipe open, as a loader's process does
        print(probe.pid, child, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | fake.variables(tmp_path, fake.H100), stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        probe, child = map(int, parent.stdout.readline().split())

    deadline = time.monotonic() + 30.0
    while runs(probe) and time.monotonic() < deadline:
        time.sleep(0.02)
    gone = not runs(probe)
    os.kill(child, signal.SIGKILL)
    assert gone
