"""What a launched process has, as it tells the first one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from harness.worker.visible_gpus import visible_gpus

BOOT = Path("/proc/sys/kernel/random/boot_id")
MOUNTS = Path("/proc/self/ns/mnt")


class Announced(msgspec.Struct, frozen=True):
    number: int
    count: int
    host: str
    machine: str  # by its present boot: containers on one machine have the same
    files: str  # its view of the machine's files
    cores: tuple[int, ...]
    gpus: tuple[str, ...]  # UUIDs


def announced(number: int, count: int) -> Announced:
    return Announced(
        number=number,
        count=count,
        host=socket.gethostname(),
        machine=BOOT.read_text().strip(),
        files=str(MOUNTS.readlink()),
        cores=tuple(sorted(os.sched_getaffinity(0))),
        gpus=visible_gpus(),
    )
