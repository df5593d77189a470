"""Machines: runs of one are a history, runs of two are not."""

from __future__ import annotations

import hashlib

import msgspec

from history.records import Machine

THE_MACHINE_ITSELF = ("gpu", "cpu", "cpu_count")  # all other fields may change from night to night


class Key(msgspec.Struct, frozen=True):
    cpu: str | None
    cpu_count: int | None
    gpu: str | None

    @property
    def title(self) -> str:
        cpu = f"{self.cpu or 'unknown CPU'} × {self.cpu_count or '?'}"
        return f"{self.gpu} · {cpu}" if self.gpu else f"{cpu}, no GPU"

    @property
    def slug(self) -> str:
        return "m" + hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]


def key(machine: Machine) -> Key:
    return Key(cpu=machine.cpu, cpu_count=machine.cpu_count, gpu=machine.gpu)


def differences(before: Machine, after: Machine) -> list[str]:
    """What changed around the machine: the driver, the experiment and what the work is made from."""
    found = []
    for field in msgspec.structs.fields(Machine):
        then, now = getattr(before, field.name), getattr(after, field.name)
        if field.name not in THE_MACHINE_ITSELF and then != now and then is not None and now is not None:  # not told is no change
            found.append(f"{field.name.removesuffix('_sha256').replace('_', ' ')}: {then} → {now}")
    return list(dict.fromkeys(found))
