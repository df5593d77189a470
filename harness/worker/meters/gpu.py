"""The GPU that this worker computes on. A process has one or none, as it has one host memory: where none, every answer says so."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from harness.worker.meters import children
from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.messages import Gpu, Memory, ReadMemory, Request

NO_GPU = "no GPU"


class WorkerGpu:
    def __init__(self) -> None:
        self._probe: Probe | None = None
        self.baseline: Memory = Memory.unread(NO_GPU)  # before the framework has opened the device

    @property
    def is_watched(self) -> bool:
        return self._probe is not None

    @property
    def gpu(self) -> Gpu:
        return self._probe.gpu if self._probe else Gpu.unread(NO_GPU)

    def watch(self) -> None:
        """Starts the probe, once. Called before the framework opens the device: what is in use then is not the framework's."""
        if self._probe is None:
            self._probe = Probe(os.environ.get("CUDA_VISIBLE_DEVICES"))
            children.watches(self._probe.pid)
            self.baseline = self.ask(ReadMemory())

    def ask(self, request: Request) -> Any:
        return self._probe.ask(request) if self._probe else request.answer.unread(NO_GPU)

    def environment(self) -> dict[str, str]:
        """What two results must share to be comparable; nothing where there is no GPU."""
        fields = msgspec.structs.asdict(self.gpu)
        return {f"gpu_{name}": str(value) for name, value in fields.items() if name != "missing" and value is not None}


GPU = WorkerGpu()
