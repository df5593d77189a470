"""A rank's share of its machine: a GPU of its own, or as many cores as every other rank has."""

from __future__ import annotations

import os

CORE_NUMBERS = "core_numbers"  # of what a rank says of itself: those of one machine may have some in common


def take(number: int, count: int) -> None:
    """Before anything is imported that counts cores or looks for GPUs. number: of the rank, on this machine; count: of all shares.

    Shares have no core in common while there are cores enough; with fewer cores than ranks several ranks have the same one.
    """
    cores = sorted(os.sched_getaffinity(0))
    each = max(1, len(cores) // count)
    first = number * each % len(cores)
    os.sched_setaffinity(0, cores[first : first + each])


def told() -> dict[str, str]:
    """Which cores the process has."""
    return {CORE_NUMBERS: ",".join(map(str, sorted(os.sched_getaffinity(0))))}
