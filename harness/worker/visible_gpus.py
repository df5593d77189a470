"""The GPUs that a machine leaves its workers, by UUID."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.messages import ListedGpus, ListGpus
from harness.worker.meters.nvml.visible import VARIABLE

DRIVER_LIBRARY = "libnvidia-ml.so.1"


def visible_gpus() -> tuple[str, ...]:
    """In CUDA's order; none without a driver, or where CUDA_VISIBLE_DEVICES hides all."""
    with suppress(OSError):
        ctypes.CDLL(DRIVER_LIBRARY)  # most machines have none, and it is not worth a process
        visible = os.environ.get(VARIABLE)
        probe = Probe(visible)
        try:
            found: ListedGpus = probe.ask(ListGpus(visible))
        finally:
            probe.close()
        return found.uuids
    return ()
