"""The NVIDIA GPU of this machine, as the driver's own library tells, without a framework."""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache

from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.messages import Gpu, GpuProcess, ListProcesses, Processes

DRIVER_LIBRARY = "libnvidia-ml.so.1"
FORGET_SECONDS = 1.0  # a process that has just ended takes the driver a moment to forget


def present() -> bool:
    return first() is not None


@cache
def first() -> Gpu | None:
    """The first GPU that CUDA_VISIBLE_DEVICES leaves; None without a driver or a GPU."""
    probe = _probe()
    if probe is None:
        return None
    probe.close()
    return probe.gpu if probe.gpu.uuid is not None else None


def processes() -> tuple[GpuProcess, ...]:
    """Those that compute on it now and a moment later; none where the driver does not tell."""
    probe = _probe()
    if probe is None:
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


def _probe() -> Probe | None:
    """None where no driver is installed: most machines, and not worth a process."""
    try:
        ctypes.CDLL(DRIVER_LIBRARY)
    except OSError:
        return None
    return Probe(os.environ.get("CUDA_VISIBLE_DEVICES"))


def _listed(probe: Probe) -> tuple[GpuProcess, ...]:
    found: Processes = probe.ask(ListProcesses())
    return found.listed.value or ()
