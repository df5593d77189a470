"""A GPU runner whose GPU cannot be opened: refused with --require-gpu, and named in a warning without it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from harness.session import gpu, options
from harness.session.gpu_missing import MEND
from tests.session.conftest import InnerRun
from tests.worker.nvml import fake

NO_CONTEXT = f"{fake.H100}fail nvmlInitWithFlags 999\n"  # a container whose devices were taken away
OTHER_VERSION = f"{fake.H100}fail nvmlInitWithFlags 18\n"  # the driver was updated, and the machine not restarted
WITH_TRACES = """
from pathlib import Path
from harness.session import gpu

gpu.DEVICES, gpu.LOADED_DRIVER = Path("dev"), Path("driver")
"""
ONE_CASE = ("-k", "inference and bs8")


def run(inner: InnerRun, script: str, *arguments: str, stand_in: str = "sound", **variables: str) -> tuple[int, str]:
    inner.use(stand_in)
    with (inner.folder / "conftest.py").open("a") as conftest:
        conftest.write(WITH_TRACES)
    inner.set(**fake.variables(inner.folder, script), **variables)
    return inner.run(*ONE_CASE, *arguments)


@pytest.mark.parametrize(
    ("script", "variables", "why"),
    [
        (NO_CONTEXT, {}, "Unknown Error"),
        (OTHER_VERSION, {}, "RM has detected an NVML/RM version mismatch."),
        ("", {}, "the driver lists no GPU"),
        (fake.H100, {"CUDA_VISIBLE_DEVICES": "3"}, "CUDA_VISIBLE_DEVICES=3 leaves none of 1 GPUs"),
        (fake.H100, {"CUDA_VISIBLE_DEVICES": ""}, "CUDA_VISIBLE_DEVICES= leaves none of 1 GPUs"),
    ],
)
def test_it_is_refused_before_anything_is_measured(inner: InnerRun, script: str, variables: dict[str, str], why: str) -> None:
    code, output = run(inner, script, "--require-gpu", **variables)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: --require-gpu: no GPU can be opened ({why}). Run nvidia-smi there" in output
    assert "passed" not in output


def test_without_the_option_it_is_a_warning_where_a_device_is_there(inner: InnerRun) -> None:
    (inner.folder / "dev").mkdir()
    (inner.folder / "dev" / "nvidia0").touch()
    code, output = run(inner, NO_CONTEXT)
    assert code == pytest.ExitCode.OK
    assert "GpuNotOpenedWarning: dev/nvidia0 is there, but no GPU can be opened (Unknown Error): the CPU is measured." in output


def test_or_a_driver(inner: InnerRun) -> None:
    (inner.folder / "driver").mkdir()
    _, output = run(inner, OTHER_VERSION)
    assert "GpuNotOpenedWarning: driver is there" in output


@pytest.mark.parametrize(("script", "variables"), [(NO_CONTEXT, {"CUDA_VISIBLE_DEVICES": "-1"}), (fake.H100, {})])
def test_nothing_is_said_where_the_cpu_is_wanted_or_the_gpu_is_open(inner: InnerRun, script: str, variables: dict[str, str]) -> None:
    (inner.folder / "dev").mkdir()
    (inner.folder / "dev" / "nvidia0").touch()
    code, output = run(inner, script, **variables)
    assert code == pytest.ExitCode.OK
    assert "GpuNotOpenedWarning" not in output


def test_nothing_is_said_on_a_machine_without_either(inner: InnerRun) -> None:
    code, output = run(inner, NO_CONTEXT)
    assert code == pytest.ExitCode.OK
    assert "GpuNotOpenedWarning" not in output


def test_a_framework_that_sees_none_beside_a_driver_in_order_ends_the_session(inner: InnerRun) -> None:
    """As one of a build for the CPU does."""
    code, output = run(inner, fake.H100, "--require-gpu")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "Exit: --require-gpu: Sound sees no GPU on" in output
    assert "). Give its worker an interpreter with its GPU build (--worker)" in output
    assert "images/s" not in output, "a comparison takes minutes on a CPU"


def test_so_does_one_elsewhere_whose_driver_nobody_has_asked(inner: InnerRun) -> None:
    (inner.folder / "ssh").write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    (inner.folder / "ssh").chmod(0o755)
    spec = f"sound=ssh=there//python={shlex.quote(sys.executable)}"
    code, output = run(inner, NO_CONTEXT, "--require-gpu", "--worker", spec, PATH=f"{inner.folder}{os.pathsep}{os.environ['PATH']}")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "Exit: --require-gpu: Sound sees no GPU on" in output
    assert f"). {MEND}. Where it does, give its worker" in output
    assert "images/s" not in output


def test_without_a_drivers_library_the_loader_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "DRIVER_LIBRARY", "libnvidia-ml-that-is-nowhere.so.1")
    gpu._sought.cache_clear()
    try:
        assert (gpu.why_none() or "").startswith("libnvidia-ml-that-is-nowhere.so.1: cannot open shared object file")
        assert gpu.first() is None
        assert gpu.processes() == ()
    finally:
        gpu._sought.cache_clear()


def test_what_a_machine_with_a_gpu_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "DEVICES", tmp_path)
    monkeypatch.setattr(gpu, "LOADED_DRIVER", tmp_path / "driver")
    assert gpu.traces() == []
    for name in ("nvidiactl", "nvidia0", "null"):
        (tmp_path / name).touch()
    (tmp_path / "driver").mkdir()
    assert gpu.traces() == [tmp_path / "nvidia0", tmp_path / "nvidiactl", tmp_path / "driver"]


@pytest.mark.parametrize(("kind", "is_here"), [("popen", True), ("popen//python=p", True), ("ssh=host", False), ("popen//via=a", False)])
def test_of_a_worker_elsewhere_this_machines_gpu_tells_nothing(kind: str, is_here: bool) -> None:
    assert options.on_this_machine(kind) is is_here
