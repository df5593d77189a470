"""Host memory of the worker and its children, from the kernel's own accounts: nothing has to poll."""

from __future__ import annotations

from pathlib import Path

import psutil

from harness.record.measurement import Reading
from harness.worker.meters.children import children

PROC = Path("/proc")
OWN_SOURCE = "VmHWM of the worker"
RESET_PEAK = "5"  # proc(5), clear_refs: sets VmHWM back to the present resident size


def resident() -> Reading:
    return Reading("host_resident_bytes", psutil.Process().memory_info().rss, "VmRSS of the worker")


def tree(name: str) -> Reading:
    """What the worker and its children hold right now, shared pages counted once."""
    processes = children()
    own = psutil.Process().memory_full_info().pss
    return Reading(name, own + sum(map(_share_bytes, processes)), f"PSS of the worker and {len(processes)} child processes")


def reset_peak() -> bool:
    """Sets the worker's high-water mark back to its present size; False where the kernel does not let it."""
    try:
        (PROC / "self" / "clear_refs").write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def peaks(was_reset: bool) -> tuple[Reading, ...]:
    """The worker's exact peak since the last reset; its children's share of memory right now; and the two together.

    Processes of an input pipeline share most pages with one another and with the worker: their proportional set sizes add
    up, their resident sizes would count those pages again and again. A share has no high-water mark: it is what they hold at
    the end of the steps, their buffers full.
    """
    own = _high_water_bytes()
    if own is None:
        return (Reading("host_peak_bytes", None, OWN_SOURCE, "unavailable: the kernel tells no VmHWM"),)
    present = psutil.Process().memory_full_info()
    processes = children()
    shares = sum(_share_bytes(child) for child in processes)
    status = "ok" if was_reset else "since the start of the process: the kernel does not reset the mark"
    source = f"PSS of {len(processes)} child processes after the steps"
    return (
        Reading("host_peak_bytes", own, OWN_SOURCE, status),
        Reading("host_children_bytes", shares, source),
        Reading(
            "host_with_children_bytes", own - (present.rss - present.pss) + shares, f"{OWN_SOURCE} less shared pages + {source}", status
        ),
    )


def _share_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _high_water_bytes() -> int | None:
    try:
        status = (PROC / "self" / "status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), None)
