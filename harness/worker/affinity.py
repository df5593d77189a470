"""The cores that a worker's main thread may run on: all that it began with, else a part of the machine is measured as the whole.

OpenMP's runtime pins the thread that loads it where a variable says so. What that thread starts later is pinned with it, a pool of
threads to one core. A framework that has no OpenMP is left as it is.
"""

from __future__ import annotations

import os

from harness.worker.case_error import CaseError

PINNING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY", "KMP_HW_SUBSET")


def present() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0))


def expect(cores: frozenset[int]) -> None:
    """Raises CaseError, which names the variable, where fewer of them are left. To be called in the main thread."""
    left = cores & present()
    if left == cores:
        return
    told = f"the main thread may run on {len(left)} of the {len(cores)} cores that it had before its framework was imported"
    guilty = [f"{name}={os.environ[name]}" for name in PINNING if name in os.environ]
    if not guilty:
        raise CaseError(f"{told}: something in this worker has set its affinity. What is pinned is no measure of the machine")
    raise CaseError(f"{told}, by {', '.join(guilty)}. Unset it in the shell, and leave it out of //env: in --worker")
