"""Host memory of the worker and its children, from the kernel's own accounts: nothing has to poll.

Of pages that several processes map, a proportional set size counts a share. That is right for what a family shares, as a loader's processes
do with the worker that forked them, and wrong for the pages of files: anybody who maps the same libraries (the other framework's worker, a
second session) would make this worker lighter. So file pages are the worker's own, once and whole, and shares are of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from harness.record.measurement import Reading
from harness.worker.meters.children import children

PROC = Path("/proc")
OWN_SOURCE = "VmHWM of the worker"
CHILDREN_SOURCE = "PSS less file pages of"
RESET_PEAK = "5"  # proc(5), clear_refs: sets VmHWM back to the present resident size


class Family(msgspec.Struct, frozen=True):
    """A process's pages that only its parents and children can share: anonymous ones and shared memory."""

    resident_bytes: int
    share_bytes: int

    @classmethod
    def of(cls, pid: int | str) -> Family:
        """Raises OSError once the process has ended."""
        size = {name: int(value.split()[0]) * 1024 for name, value in _fields(PROC / str(pid) / "smaps_rollup").items() if " kB" in value}
        if "Pss_Anon" not in size:  # before Linux 5.4 all pages are told together
            return cls(size["Rss"], size["Pss"])
        return cls(size["Rss"] - _file_bytes(pid), size["Pss_Anon"] + size["Pss_Shmem"])


def resident() -> Reading:
    return Reading("host_resident_bytes", psutil.Process().memory_info().rss, "VmRSS of the worker")


def tree(name: str) -> Reading:
    """What the worker and its children hold right now, shared pages counted once."""
    processes = children()
    held = psutil.Process().memory_info().rss - _shared_bytes(processes) + sum(map(_share_bytes, processes))
    return Reading(name, held, f"VmRSS of the worker + {CHILDREN_SOURCE} {len(processes)} child processes")


def reset_peak() -> bool:
    """Sets the worker's high-water mark back to its present size; False where the kernel does not let it."""
    try:
        (PROC / "self" / "clear_refs").write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def peaks(was_reset: bool) -> tuple[Reading, ...]:
    """The worker's exact peak since the last reset; its children's share of memory right now; and the two together.

    Resident sizes of an input pipeline's processes would count the pages that they share again and again. A share has no high-water mark:
    it is what they hold at the end of the steps, their buffers full.
    """
    own_bytes = _high_water_bytes()
    if own_bytes is None:
        return (Reading("host_peak_bytes", None, OWN_SOURCE, "unavailable: the kernel tells no VmHWM"),)
    processes = children()
    shares = sum(map(_share_bytes, processes))
    status = "ok" if was_reset else "since the start of the process: the kernel does not reset the mark"
    source = f"{CHILDREN_SOURCE} {len(processes)} child processes after the steps"
    together = own_bytes - _shared_bytes(processes) + shares
    return (
        Reading("host_peak_bytes", own_bytes, OWN_SOURCE, status),
        Reading("host_children_bytes", shares, source),
        Reading("host_with_children_bytes", together, f"{OWN_SOURCE} less what it shares + {source}", status),
    )


def _shared_bytes(processes: Sequence[psutil.Process]) -> int:
    """Of the worker's pages, what its children's shares account for."""
    if not processes:
        return 0
    own = Family.of("self")
    return own.resident_bytes - own.share_bytes


def _share_bytes(process: psutil.Process) -> int:
    try:
        return Family.of(process.pid).share_bytes
    except (OSError, KeyError):  # it has ended, and what is left of it has no pages
        return 0


def _file_bytes(pid: int | str) -> int:
    return int(_fields(PROC / str(pid) / "status")["RssFile"].split()[0]) * 1024


def _high_water_bytes() -> int | None:
    try:
        return int(_fields(PROC / "self" / "status")["VmHWM"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def _fields(file: Path) -> dict[str, str]:
    """Of lines `Name: value`."""
    return {name: value.strip() for name, _, value in (line.partition(":") for line in file.read_text().splitlines())}
