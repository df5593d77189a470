"""The folders of this process' control groups, and the CPU time that they leave it, by both versions of their interface.

A quota holds for all below its group, and a container may see the group at the root of the mount or deep below it: the kernel tells
where the group's folder is, in /proc/self/cgroup and /proc/self/mountinfo (cgroups(7), proc_pid_mountinfo(5)). A cpuset needs no reading:
the kernel takes it out of the affinity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MEMBERSHIPS = Path("/proc/self/cgroup")
MOUNTS = Path("/proc/self/mountinfo")


def quota_cores() -> float | None:
    """So many cores' time, at the most: the least of all quotas; None where there is no quota, or no control groups."""
    found = [quota for folder in folders("cpu") if (quota := _quota(folder)) is not None]
    return min(found, default=None)


def _quota(folder: Path) -> float | None:
    """Of the group alone. The second version has one file, in which `max` is no quota; the first has two, in which -1 is none."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        except OSError:
            return None
    return int(quota) / int(period) if quota.isdecimal() and int(period) else None


def folders(controller: str) -> Iterator[Path]:
    """Of this process' groups that may have that controller, each before its parents."""
    try:
        memberships, mounts = MEMBERSHIPS.read_text().splitlines(), MOUNTS.read_text().splitlines()
    except OSError:
        return
    groups = {controllers: group for _, controllers, group in (line.split(":", 2) for line in memberships)}
    for line in mounts:
        mount, _, file_system = line.partition(" - ")
        root, place = map(_unescaped, mount.split()[3:5])
        kind, *_, options = file_system.split()
        is_first_version = kind == "cgroup" and controller in options.split(",")
        if is_first_version or kind == "cgroup2":
            named = (group for names, group in groups.items() if (controller in names.split(",") if is_first_version else not names))
            own = next(named, "/")
            yield from _up_to(Path(place), _below(own, root))


def _up_to(place: Path, below: str) -> Iterator[Path]:
    folder = place / below
    yield folder
    while folder != place:
        folder = folder.parent
        yield folder


def _below(group: str, root: str) -> str:
    """The group's path within a mount that shows what lies below `root`; "" where the mount does not show the group itself."""
    if root != "/":
        group = group.removeprefix(root) if f"{group}/".startswith(f"{root}/") else "/"
    return "" if ".." in group.split("/") else group.strip("/")


def _unescaped(field: str) -> str:
    r"""Spaces and their like stand in that file as \040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
