"""The other ranks of the worker's side on its machine: their work is the side's own, no foreign load."""

from __future__ import annotations

import psutil

_BESIDE: list[psutil.Process] = []


def works_beside(pid: int) -> None:
    """From now on that process and its children are none of the foreign ones."""
    _BESIDE.append(psutil.Process(pid))


def beside() -> list[psutil.Process]:
    return [*_BESIDE, *(child for process in _BESIDE if process.is_running() for child in process.children(recursive=True))]
