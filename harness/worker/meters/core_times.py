"""How long each core has been busy, by the kernel's name of it.

By name, not by place: a core that is offline has no line in /proc/stat, and a container's /proc/stat (lxcfs) may number its cores anew.
"""

from __future__ import annotations

import os
from collections.abc import Set
from pathlib import Path

STAT = Path("/proc/stat")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STATES = 8  # user, nice, system, idle, iowait, irq, softirq, steal; guests' times follow, which are in user and nice already
IDLE = slice(3, 5)


def busy_seconds() -> dict[int, float]:
    """Of every core that is listed: stolen time is busy, waiting for a disk is idle."""
    found = {}
    with STAT.open() as lines:
        for line in lines:
            name, *fields = line.split()
            if not name.startswith("cpu"):
                break
            if number := name.removeprefix("cpu"):  # the first line has all of them together
                ticks = [int(field) for field in fields[:STATES]]
                found[int(number)] = (sum(ticks) - sum(ticks[IDLE])) / TICKS_PER_SECOND
    return found


def own(listed: Set[int], allowed: Set[int]) -> Set[int]:
    """Of the listed cores, those that the work may run on. As few as it may run on, or fewer, are a container's own list."""
    return listed if len(listed) <= len(allowed) else listed & allowed or listed
