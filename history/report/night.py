"""What is kept of a file: one night's figures of every case, without the raw rounds."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.findings.ratio import Ratio
from harness.record.case import Case
from harness.record.outcome import Outcome
from history.records import Machine


class Quantity(StrEnum):
    """What a case is watched by."""

    TIME = "time"  # seconds a step
    MEMORY = "memory"  # bytes
    NONE = "none"  # not measured


class Side(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One framework's case in one night."""

    name: str  # pytest's node id
    comparison: str  # what the two frameworks' sides have in common
    framework: str  # "" in files of other suites
    case: Case | None
    outcome: Outcome
    detail: str
    quantity: Quantity
    value: float | None  # the median step, or the bytes
    low: float | None  # quartiles of the steps; the value itself where there is one reading
    high: float | None
    disturbed: bool  # most rounds were
    figures: dict[str, float]  # the unit in each name
    environment: int  # index into `Night.environments`
    checks: int | None  # of equal work, that hold; None where none were made


class Night(msgspec.Struct, frozen=True, array_like=True):
    """One file. "Night" because the nightly job writes one; any run of the suite is one."""

    identity: str  # the beginning of the content's hash
    datetime: str
    commit: str | None
    commit_time: str | None
    branch: str | None
    machine: Machine
    schema_version: int | None
    environments: tuple[dict[str, str], ...]
    sides: tuple[Side, ...]
    ratios: dict[str, Ratio]  # by comparison: the first framework over the second
    raw_durations: bool
