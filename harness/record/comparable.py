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
_HASH, _HASH_DIGITS = "_sha256", 12
_NAMES = frozenset({"experiment", "job_experiment"})  # their hashes tell; an experiment may be renamed


class Difference(msgspec.Struct, frozen=True):
    """One thing in which two runs differ."""

    field: str
    then: str
    now: str
    called: tuple[str, str] = ("", "")  # what the two are called by people, where that is told; a name makes no difference

    @property
    def told(self) -> str:
        then, now = (short(self.field, value) for value in (self.then, self.now))
        if all(self.called):
            then, now = (f"{called} ({value})" for called, value in zip(self.called, (then, now), strict=True))
        return f"{name(self.field)}: {then} → {now}"


def name(field: str) -> str:
    """As people read it."""
    return field.removesuffix(_HASH).replace("_", " ")


def short(field: str, value: str) -> str:
    """Of a hash, as much as tells two apart."""
    return value[:_HASH_DIGITS] if field.endswith(_HASH) else value


def told(machine: Machine) -> dict[str, str]:
    """What it says of itself that is compared, by field and in their order. That there is no GPU is said as well."""
    said = {field: getattr(machine, field) for field in Machine.__struct_fields__ if field not in _NAMES}
    return {field: "none" if value is None else str(value) for field, value in said.items() if value is not None or field == "gpu"}


def machine_differences(then: Machine, now: Machine) -> list[Difference]:
    """In the order of the fields. What one of the two does not tell is no difference."""
    before, after = told(then), told(now)
    fields = [field for field in before if field in after and before[field] != after[field]]
    return [Difference(field, before[field], after[field], (_called(then, field), _called(now, field))) for field in fields]


def environment_differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """Of two workers of one framework, by field. What one of the two does not tell is no difference."""
    fields = sorted((then.keys() & now.keys()) - PLACE)
    return [Difference(field, then[field], now[field]) for field in fields if then[field] != now[field]]


def _called(machine: Machine, field: str) -> str:
    called = field.removesuffix(_HASH)
    return (getattr(machine, called) if field.endswith(_HASH) and called in _NAMES else None) or ""
