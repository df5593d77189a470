"""The NVIDIA GPU of this machine, as the driver's own library tells, without a framework."""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from pathlib import Path

from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.messages import Gpu, GpuProcess, ListProcesses, Processes
from harness.worker.visible_gpus import DRIVER_LIBRARY

DEVICES, LOADED_DRIVER = Path("/dev"), Path("/proc/driver/nvidia")
FORGET_SECONDS = 1.0  # a process that has just ended takes the driver a moment to forget


def present() -> bool:
    return first() is not None


def first() -> Gpu | None:
    """The first GPU that CUDA_VISIBLE_DEVICES leaves; None without a driver or a GPU."""
    return None if why_none() else _sought()


def why_none() -> str | None:
    """In the words of the driver, or of the loader that finds none; None where there is a GPU."""
    return _sought().missing.get("uuid")


def traces() -> list[Path]:
    """What a machine has that has a GPU, or a driver, even where no GPU can be opened."""
    return [*sorted(DEVICES.glob("nvidia*")), *filter(Path.exists, [LOADED_DRIVER])]


@cache
def _sought() -> Gpu:
    probe = _probe()
    if isinstance(probe, OSError):
        return Gpu.unread(str(probe))
    probe.close()
    return probe.gpu


def processes() -> tuple[GpuProcess, ...]:
    """Those that compute on it now and a moment later; none where the driver does not tell."""
    probe = _probe()
    if isinstance(probe, OSError):
        return ()
    try:
        seen = _listed(probe)
        if seen:
            time.sleep(FORGET_SECONDS)
            there_still = {each.pid for each in _listed(probe)}
            seen = tuple(each for each in seen if each.pid in there_still)
        return seen
    finally:
        probe.close()


def _probe() -> Probe | OSError:
    """The loader's error where no driver is installed: most machines, and not worth a process."""
    try:
        ctypes.CDLL(DRIVER_LIBRARY)
    except OSError as error:
        return error
    return Probe(os.environ.get("CUDA_VISIBLE_DEVICES"))


def _listed(probe: Probe) -> tuple[GpuProcess, ...]:
    found: Processes = probe.ask(ListProcesses())
    return found.listed.value or ()
