"""Machines: runs of one are a history, runs of two are not."""

from __future__ import annotations

import hashlib

import msgspec

from harness.record.comparable import THE_MACHINE_ITSELF
from harness.record.machine import Machine


class Key(msgspec.Struct, frozen=True):
    """Of a `Machine`, what makes it another one: all its other fields may change from night to night."""

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
    return Key(**{field: getattr(machine, field) for field in THE_MACHINE_ITSELF})
