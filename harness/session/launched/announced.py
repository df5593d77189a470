"""What a launched process has, as it tells the first one."""

from __future__ import annotations

import os
import socket

import msgspec

from harness.worker import whereabouts
from harness.worker.visible_gpus import visible_gpus


class Announced(msgspec.Struct, frozen=True):
    number: int
    count: int
    host: str
    machine: str  # as processes of one machine call it, whatever its name
    files: str  # the same for those that see the same files
    cores: tuple[int, ...]
    gpus: tuple[str, ...]  # UUIDs


def announced(number: int, count: int) -> Announced:
    return Announced(
        number=number,
        count=count,
        host=socket.gethostname(),
        machine=whereabouts.machine(),
        files=whereabouts.files(),
        cores=tuple(sorted(os.sched_getaffinity(0))),
        gpus=visible_gpus(),
    )
