"""Whom the kernel has killed for want of memory. The machine's count has those of other containers and users in it: a case that fails
while one of them runs out of memory has not run out of it itself."""

from __future__ import annotations

import os
from pathlib import Path

from harness.worker.meters.control_groups import folders

OF_THE_MACHINE = Path("/proc/vmstat")
CONTROL = "memory.oom_control"
LINE = "oom_kill "  # in each of these files


def oom_kills() -> int:
    """Processes that were killed so far of this process' control group, which local workers are in; of the machine, where no group tells.

    0 where nobody does.
    """
    for folder in folders("memory"):
        found = _of_group(folder)
        if found is not None:
            return found
    return _in_file(OF_THE_MACHINE) or 0


def _of_group(folder: Path) -> int | None:
    """With the groups below it. The second version's file counts those, too; the first version's does not."""
    found = _in_file(folder / "memory.events")
    if found is not None:
        return found
    counts = [_in_file(Path(place) / CONTROL) for place, _, files in os.walk(folder) if CONTROL in files]
    return None if not counts or None in counts else sum(filter(None, counts))


def _in_file(file: Path) -> int | None:
    """None where it is not there, or is an older kernel's, which does not count."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.removeprefix(LINE)) for line in lines if line.startswith(LINE)), None)
