"""The cores of a machine in equal shares, of which none has a core in common while there are enough.

What the kernel calls a CPU is a thread of a core. Two threads of one core slow each other down: it goes to one rank as long as other
cores are free.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
ALONE, THREADS, CORES = "no", "threads of a core", "cores"  # what ranks share

Topology = list[tuple[int, ...]]  # CPUs by core


def present() -> Topology:
    """What this process may run on. A kernel that tells no siblings is taken to have one thread a core."""
    allowed = os.sched_getaffinity(0)
    return sorted({tuple(cpu for cpu in _siblings(cpu) if cpu in allowed) for cpu in allowed})


def divided(topology: Topology, count: int, quota: float | None) -> list[tuple[int, ...]]:
    """The CPUs of each of so many shares, as many in each. quota: so many cores' time for all together; None where there is none.

    A share keeps together what lies together. With fewer CPUs than shares several have the same one.
    """
    if len(topology) >= count:
        found = [_threads_last(_cores_of(topology, number, count)) for number in range(count)]
    else:
        cpus = [cpu for core in topology for cpu in core]
        each = max(1, len(cpus) // count)
        found = [tuple(cpus[(number * each + place) % len(cpus)] for place in range(each)) for number in range(count)]
    total = sum(map(len, topology))
    usable = total if quota is None else min(total, math.ceil(quota))
    most = min(max(1, usable // count), *map(len, found))
    return [share[:most] for share in found]


def shared(shares: Sequence[Collection[int]], topology: Topology) -> str:
    """What several of these shares have in common: ALONE, THREADS or CORES."""
    cpus = [cpu for share in shares for cpu in share]
    if len(set(cpus)) < len(cpus):
        return CORES
    owners = [sum(bool(set(core) & set(share)) for share in shares) for core in topology]
    return THREADS if max(owners, default=0) > 1 else ALONE


def _cores_of(topology: Topology, number: int, count: int) -> Topology:
    """Of each kind of core (with two threads, with one) the same number for all; where that leaves nothing, one core each."""
    kinds: dict[int, Topology] = {}
    for core in topology:
        kinds.setdefault(len(core), []).append(core)
    own: Topology = []
    for cores in kinds.values():
        each = len(cores) // count
        own += cores[number * each : (number + 1) * each]
    return own or [topology[number]]


def _threads_last(cores: Topology) -> tuple[int, ...]:
    """Each core's first thread before any second one: a share that is cut short has whole cores."""
    longest = max(map(len, cores))
    return tuple(core[thread] for thread in range(longest) for core in cores if thread < len(core))


def _siblings(cpu: int) -> tuple[int, ...]:
    try:
        told = (CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return (cpu,)
    return tuple(sorted(each for part in told.split(",") for each in _range(part))) or (cpu,)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
