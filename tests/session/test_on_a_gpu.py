"""A whole run on a GPU that is not there: its workers' probes, and pytest's own, read the fake driver."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from harness.findings.figures import items_per_second
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.worker.resident import NOTHING_TRIED
from tests.session.conftest import InnerRun, measurements
from tests.stand_in.gpu_framework import BASELINE_BYTES, CONTEXT_BYTES, IMAGE_BYTES, ROOM_BYTES, USED
from tests.stand_in.model import write_model
from tests.stand_in.original import FLOP_PER_ITEM
from tests.worker.nvml import fake

HEALTHY = f"{fake.H100}reserved 600\nenergy 5000 700\necc 1\npower_limit 650000\n" + "".join(
    f"counter {field} 0 0 0\n" for field in (269, 270, 271)
)
BENCHMARK = """
import pytest

@pytest.mark.cases("core", phase="train_step", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_train_step(measure):
    measure()

@pytest.mark.cases("core", phase="memory", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_memory(measure):
    measure()

@pytest.mark.cases("core", phase="largest_batch", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_largest_batch(measure):
    measure()
"""


Run = tuple[InnerRun, str, dict[str, Measurement]]  # with its output, and its measurements by phase


UNCOUNTED = "no framework of this session could count the model's arithmetic"


def run(inner: InnerRun, script: str, *arguments: str, original: str = "") -> tuple[int, str]:
    inner.use("on_gpu", original=original)
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    used = inner.folder / "used"
    used.write_text(str(BASELINE_BYTES))
    inner.set(**fake.variables(inner.folder, f"{script}memory_file {used}\n"), **{USED: str(used)})
    cache = f"--input-cache={inner.folder.parent / 'cache'}"  # of all these runs; in the user's own somebody may have counted
    return inner.run("--benchmark-json=out.json", cache, *arguments)


def of_phases(inner: InnerRun) -> dict[str, Measurement]:
    return {name.partition("[")[0].removeprefix("test_"): each for name, each in measurements(inner.json()).items()}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of all there is on a GPU in good order."""
    inner = InnerRun(tmp_path_factory.mktemp("healthy"))
    code, output = run(inner, HEALTHY, "--gpu-exclusive", "--require-gpu")
    assert code == pytest.ExitCode.OK
    return inner, output, of_phases(inner)


def test_what_the_gpu_is(healthy: Run) -> None:
    inner, _, found = healthy
    gpu = inner.json()["machine_info"]["gpu"]
    assert (gpu["name"], gpu["uuid"], gpu["power_limit_watts"], gpu["ecc"]) == ("NVIDIA H100 80GB HBM3", fake.GPU, 650.0, True)
    assert (gpu["driver"], gpu["cuda_driver"], gpu["max_sm_clock_mhz"], gpu["missing"]) == ("610.43.02", "13.1", 1980, {})
    environment = found["train_step"].environment
    assert (environment["gpu_uuid"], environment["gpu_power_limit_watts"], environment["device"]) == (fake.GPU, "650.0", "cuda:0")


def test_figures_of_a_train_step(healthy: Run) -> None:
    _, output, found = healthy
    measured = found["train_step"]
    figures, step_seconds = measured.figures, measured.median_step_seconds
    # The fake GPU takes 700 W whatever it does; on a busy machine some steps last for longer than the median one.
    assert 0.3 < figures["joules_per_image"] / (700 * step_seconds / 8) < 3.0
    assert figures["energy_window_seconds"] >= sum(round_.seconds for round_ in measured.rounds)
    assert (figures["sm_clock_mhz_begin"], figures["temperature_celsius_end"]) == (1980, 40)
    assert figures["hw_thermal_slowdown_share"] == 0.0
    assert measured.missing == {
        "autotune_seconds": NOTHING_TRIED,
        "sw_power_cap_share": "Not Supported (NVML field 74)",
        "model_flops_utilisation": UNCOUNTED,
    }
    for round_ in measured.rounds:
        assert round_.throttled_share == 0.0
        assert round_.device_seconds == pytest.approx(0.9 * round_.seconds, rel=0.05)
    for row in ("step, device's clock", "J/image"):
        assert row in output


def test_the_share_of_the_chips_peak_is_told_by_the_models_own_count(inner: InnerRun) -> None:
    write_model(inner.folder / "reader")
    code, output = run(inner, HEALTHY, "--model=reader", "-k", "train_step", original="tests.stand_in.original")
    assert code == pytest.ExitCode.OK
    measured = of_phases(inner)["train_step"]
    expected = 8 * FLOP_PER_ITEM["frozen"] / measured.median_step_seconds / 66.9e12
    assert measured.figures["model_flops_utilisation"] == pytest.approx(expected, rel=1e-3)
    assert "of the chip's peak" in output


def test_memory_readings(healthy: Run) -> None:
    _, output, found = healthy
    measured = found["memory"]
    values = {reading.name: reading.value_bytes for reading in measured.readings}
    held = CONTEXT_BYTES + 8 * IMAGE_BYTES
    assert values["device_baseline_bytes"] == BASELINE_BYTES
    assert values["device_peak_bytes"] == values["warm_up_device_peak_bytes"] == held - BASELINE_BYTES
    assert values["device_reserved_bytes"] == 600
    assert values["allocator_peak_bytes"] == ROOM_BYTES
    statuses = {reading.name: reading.status for reading in measured.readings}
    assert "not among the 0 processes" in statuses["process_bytes"]
    assert max(point.used_bytes for point in measured.memory_curve) == held
    assert measured.figures["widest_sampling_gap_seconds"] > 0.0
    assert "device peak, by the driver" in output


def test_the_largest_batch(healthy: Run) -> None:
    _, output, found = healthy
    measured = found["largest_batch"]
    assert ROOM_BYTES == 11 * IMAGE_BYTES
    assert [point.batch_size for point in measured.sweep] == [8, 16, 12, 10, 11]
    assert [point.outcome for point in measured.sweep if point.batch_size >= 12] == [Outcome.OUT_OF_MEMORY] * 2
    assert (measured.figures["largest_batch_size"], measured.figures["smallest_out_of_memory_batch_size"]) == (11, 12)
    assert all((point.images_per_second is not None) is (point.outcome is Outcome.OK) for point in measured.sweep)
    peaks = {
        point.batch_size: reading.value_bytes
        for point in measured.sweep
        for reading in point.readings
        if reading.name == "device_peak_bytes" and point.outcome is Outcome.OK
    }
    assert peaks == {size: CONTEXT_BYTES + size * IMAGE_BYTES - BASELINE_BYTES for size in (8, 10, 11)}
    assert items_per_second(measured) == pytest.approx(11 / measured.median_step_seconds)
    assert measured.rounds
    assert "out of memory at" in output


@pytest.fixture
def foreign() -> Iterator[subprocess.Popen[str]]:
    """Somebody else's process."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate("\n", timeout=10)


def test_a_hot_gpu_that_others_use_too(inner: InnerRun, foreign: subprocess.Popen[str]) -> None:
    script = f"{fake.H100}counter 269 0 0 0\ncounter 270 0 1000 0.4\nprocess {foreign.pid} {2**30}\n"
    code, output = run(inner, script, "-k", "train_step")
    assert code == pytest.ExitCode.TESTS_FAILED
    measured = of_phases(inner)["train_step"]
    assert measured.outcome is Outcome.THROTTLED
    told = r"slowed the GPU in (\d+) of \1 rounds, after all retakes: hw_thermal_slowdown (39|40|41)% of the time"
    assert re.search(told, measured.detail)
    assert measured.rounds, "the record keeps what was seen"
    assert measured.retaken_rounds > 0
    assert inner.json()["benchmarks"] == []
    assert "the GPU was not this session's alone: other processes compute on it" in output
    assert f"(pid {foreign.pid}, 1,024 MiB)" in output


def test_a_foreign_process_is_refused_before_anything_is_measured(inner: InnerRun, foreign: subprocess.Popen[str]) -> None:
    code, output = run(inner, f"{HEALTHY}process {foreign.pid} none\n", "--gpu-exclusive")
    assert code == pytest.ExitCode.USAGE_ERROR
    named = f"{psutil.Process(foreign.pid).name()} (pid {foreign.pid}, memory not told)"
    assert f"ERROR: --gpu-exclusive: other processes compute on it: {named}" in output
    assert "session's alone" not in output, "once is enough"
    assert "passed" not in output


def test_ones_own_workers_are_not_foreign(healthy: Run) -> None:
    _, output, _ = healthy
    assert "session's alone" not in output


def test_a_driver_that_goes_costs_readings_and_no_case(inner: InnerRun) -> None:
    code, _ = run(inner, f"{HEALTHY}gone 0.35\n", "-k", "memory or train_step")
    assert code == pytest.ExitCode.OK
    found = of_phases(inner)
    assert "GPU is lost" in found["train_step"].missing["joules_per_image"]
    statuses = {reading.name: reading.status for reading in found["memory"].readings}
    assert "GPU is lost" in statuses["device_peak_bytes"]


def test_on_a_cpu_nothing_is_said_of_gpus_but_why_there_is_none(inner: InnerRun) -> None:
    inner.use("sound")
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    code, output = inner.run("--benchmark-json=out.json", "-k", "train_step or largest_batch")
    assert code == pytest.ExitCode.OK
    found = of_phases(inner)
    assert found["largest_batch"].outcome is Outcome.UNSUPPORTED
    assert found["largest_batch"].detail == "no GPU: host memory has no limit of its own that is worth finding"
    assert found["train_step"].missing == dict.fromkeys(("autotune_seconds", "joules_per_image", "model_flops_utilisation"), "no GPU")
    assert found["train_step"].figures == {}
    assert not any(word in output for word in ("J/image", "chip's peak", "device's clock", "autotuning"))
