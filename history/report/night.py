"""What is kept of a file: one night's figures of every case, without the raw rounds."""

from __future__ import annotations

import msgspec

from harness.findings.ratio import Ratio
from harness.findings.watched import Watched
from harness.record.case import Case
from harness.record.machine import Machine
from harness.record.outcome import Outcome
from history.records import Unfinished

OTHER_SUITES = "other"  # in the place of a phase: the cases of suites that have none


class Side(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One framework's case in one night."""

    name: str  # pytest's node id
    comparison: str  # what the frameworks' sides have in common
    framework: str  # "" in files of other suites
    case: Case | None
    outcome: Outcome
    detail: str
    how: int  # index into `Night.hows`
    value: float | None  # of what the case is watched by: the rounds' median, or the reading. None: not measured
    low: float | None  # quartiles of the rounds; the value itself where there is one reading
    high: float | None
    disturbed: bool  # most rounds were
    figures: dict[str, float]  # the unit in each name
    environment: int  # index into `Night.environments`
    checks: int | None  # of equal work, that hold; None where none were made


class SideRatio(msgspec.Struct, frozen=True, array_like=True):
    """Of the reference's cost over another side's."""

    reference: str
    other: str
    ratio: Ratio


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
    hows: tuple[Watched, ...]  # what cases are watched by
    items: tuple[str, ...]  # words for what batches are made of
    models: dict[str, str]  # titles by name
    sides: tuple[Side, ...]
    ratios: dict[str, tuple[SideRatio, ...]]  # by comparison
    condensed: bool  # its rounds are in no file any more
    unfinished: Unfinished | None  # None where all of the session's cases were measured
