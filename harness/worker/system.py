"""The system that this suite runs on: pytest's side and the workers read cores, memory and processes as Linux tells them."""

from __future__ import annotations

import sys

MENDS = {
    "darwin": "On macOS run it in a Linux container or virtual machine, or on a Linux machine by ssh.",
    "win32": "On Windows run it in WSL 2 (wsl --install).",
}


class UnsupportedSystemError(Exception):
    """The message names the system that is supported, and how to come by one."""


def check() -> None:
    """Raises UnsupportedSystemError."""
    if sys.platform != "linux":
        told = f"This suite runs on Linux alone; here Python says {sys.platform}."
        raise UnsupportedSystemError(f"{told} {MENDS.get(sys.platform, '')}".strip())
