"""What a session's journal offers to those that measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.parting import Examination


class Keeper(Protocol):
    """Each is kept the moment that it is there."""

    def compared(self, measurements: Mapping[Case, Measurement]) -> None:
        """All sides of a comparison."""

    def examined(self, examination: Examination) -> None:
        """One model's networks."""

    def piece(self, case: Case, what: str, content: Any) -> None:
        """Something that is complete inside a comparison that is not. content: a record."""

    @property
    def measured(self) -> Mapping[Case, Measurement]:
        """By a session before this one, which goes on with its work."""

    @property
    def examinations(self) -> Mapping[str, Examination]:
        """By that session, by the names of the models."""


class NoJournal:
    """Of a session that stores nothing, as --benchmark-disable wants it."""

    measured: Mapping[Case, Measurement] = {}
    examinations: Mapping[str, Examination] = {}

    def compared(self, measurements: Mapping[Case, Measurement]) -> None: ...

    def examined(self, examination: Examination) -> None: ...

    def piece(self, case: Case, what: str, content: Any) -> None: ...
