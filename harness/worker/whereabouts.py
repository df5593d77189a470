"""Which machine a process runs on, and what it sees there. A name proves nothing: two machines may have one, and containers their own."""

from __future__ import annotations

import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACES = Path("/proc/self/ns")


def machine() -> str:
    """By its present boot: containers on one machine have the same. By its name, where the kernel tells nothing (gVisor)."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return socket.gethostname()


def files() -> str:
    """Processes that give the same see the same files."""
    return f"{machine()} {_namespace('mnt')}"


def processes() -> str:
    """Processes that give the same know each other by their numbers."""
    return f"{machine()} {_namespace('pid')}"


def _namespace(kind: str) -> str:
    try:
        return str((NAMESPACES / kind).readlink())
    except OSError:
        return ""
