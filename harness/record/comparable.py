"""What makes two runs comparable: said here, asked by the session, by the gate and by the page.

Two machines, experiments or inputs do not compare. Nor do two builds of a framework, unless it is they that are compared. Where a worker
ran does not matter, as long as it ran on the same kind of machine.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harness.record.machine import Machine

PLACE = frozenset({"host", "gpu_uuid"})  # fields of an environment that say where, not what: another host of the same kind compares
HARDWARE = frozenset({"device", "device_name", "compute_capability"})  # what even a comparison of two environments shares
THE_MACHINE_ITSELF = frozenset({"cpu", "cpu_count", "gpu"})  # runs of two of these are two histories
_NAMES = frozenset({"experiment", "job_experiment"})  # their hashes tell; an experiment may be renamed


class Difference(msgspec.Struct, frozen=True):
    """One thing in which two runs differ."""

    field: str
    then: str
    now: str

    @property
    def told(self) -> str:
        return f"{self.field.removesuffix('_sha256').replace('_', ' ')}: {self.then} → {self.now}"


def machine_differences(then: Machine, now: Machine) -> list[Difference]:
    """In the order of the fields. What one of the two does not tell is no difference, but for a GPU that came or went."""
    found = []
    for field in Machine.__struct_fields__:
        before, after = getattr(then, field), getattr(now, field)
        known = before is not None and after is not None
        if field not in _NAMES and before != after and (known or field == "gpu"):
            found.append(_difference(field, before, after))
    return found


def environment_differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """Of two workers of one framework, by field. What one of the two does not tell is no difference."""
    fields = sorted((then.keys() & now.keys()) - PLACE)
    return [_difference(field, then[field], now[field]) for field in fields if then[field] != now[field]]


def _difference(field: str, then: object, now: object) -> Difference:
    return Difference(field, *("none" if each is None else str(each) for each in (then, now)))
