"""The gate's words: what is said of a case, and what of a whole run."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from harness.record.figure import Figure
from harness.record.machine import Machine
from history.records import Unfinished


class Verdict(StrEnum):
    OK = "ok"
    REGRESSED = "regressed"
    IMPROVED = "improved"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"  # measured in base only
    NEW = "new"  # measured in head only
    NOT_MEASURED = "not measured"  # on one side, whose files are unfinished
    NOT_COMPARABLE = "not comparable"
    FAILED = "failed"


class Severity(IntEnum):
    """What a verdict does to the run's exit code."""

    PASSES = 0
    OPEN = 1  # nothing is shown either way
    BLOCKS = 2


# The JSON has the names that programs know which read it: most of what is watched is a time.
class ChangeFinding(msgspec.Struct, frozen=True, rename={"base": "base_seconds", "head": "head_seconds"}):
    """Change of the quantity that the case is watched by, head against base, as a share of base. The interval is pointwise, at 95 %."""

    quantity: Figure
    pairs: int
    base: float  # medians, in the quantity's unit
    head: float
    change: float
    low: float | None  # None where there are too few pairs for an interval
    high: float | None
    smallest_findable: float | None  # change for the worse that would have been found with probability .95


class MemoryFinding(msgspec.Struct, frozen=True):
    """One peak, its median over the processes of a side."""

    name: str
    base_bytes: int
    head_bytes: int
    allowed_bytes: int  # an increase up to here is none
    spread_bytes: int  # between the processes of a side
    verdict: Verdict

    @property
    def varies_too_much(self) -> bool:
        """The peak is up, but not beyond what it does from process to process."""
        return self.verdict is Verdict.OK and self.head_bytes - self.base_bytes > self.allowed_bytes

    @property
    def change(self) -> float:
        return (self.head_bytes - self.base_bytes) / self.base_bytes if self.base_bytes else float("inf")


class CaseVerdict(msgspec.Struct, frozen=True, rename={"finding": "time"}):
    case: str
    verdict: Verdict
    severity: Severity
    reason: str = ""
    finding: ChangeFinding | None = None  # None where memory is what it is watched by, and where no pair has a number on both sides
    memory: tuple[MemoryFinding, ...] = ()


class WholeRun(msgspec.Struct, frozen=True):
    """The median case's change: what all cases share."""

    change: float
    low: float
    high: float


class UnfinishedFile(msgspec.Struct, frozen=True):
    """Of a session that ended early: what it has not measured is no case that is gone."""

    file: str
    how_far: Unfinished


class Decision(msgspec.Struct, frozen=True):
    """The gate's answer: the worst verdicts first."""

    cases: tuple[CaseVerdict, ...]
    pairs: int
    min_effect: float
    false_alarm_rate: float
    smallest_findable: float | None  # median over the cases with a finding
    whole_run: WholeRun | None
    machine: Machine
    environments: dict[str, dict[str, str]]  # of each framework's workers, on the base's side
    base_commit: str | None
    head_commit: str | None
    unfinished: tuple[UnfinishedFile, ...] = ()
    unseen: int = 0  # cases that no file has, because those that were to have them are unfinished

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict is verdict for case in self.cases)

    @property
    def severity(self) -> Severity:
        return max((case.severity for case in self.cases), default=Severity.OPEN) or (Severity.OPEN if self.unseen else Severity.PASSES)

    @property
    def flagged(self) -> tuple[CaseVerdict, ...]:
        """Cases somebody should look at."""
        return tuple(case for case in self.cases if case.verdict not in (Verdict.OK, Verdict.NEW) and not self._quiet(case))

    @property
    def unflagged(self) -> tuple[CaseVerdict, ...]:
        flagged = {case.case for case in self.flagged}
        return tuple(case for case in self.cases if case.case not in flagged)

    @staticmethod
    def _quiet(case: CaseVerdict) -> bool:
        return case.verdict is Verdict.FAILED and case.severity is Severity.PASSES
