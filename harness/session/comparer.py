"""Measures comparisons one after another, each by the schedule of its phase."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pytest

from harness.findings import exchange, overlap
from harness.record.case import Case
from harness.record.parting import Examination
from harness.session.examination.examiner import Examiner
from harness.session.journal.keeper import Keeper
from harness.session.schedules import SCHEDULES
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench

COMPARER: pytest.StashKey[Comparer] = pytest.StashKey()  # the session's


class Comparer:
    def __init__(self, workbench: Workbench, keeper: Keeper) -> None:
        self._workbench = workbench
        self._keeper = keeper
        self.measurements = dict(keeper.measured)
        self.busy_seconds = 0.0
        self.preparing_seconds = 0.0  # of the first comparisons: what they are measured on was made

    @property
    def spent_seconds(self) -> Mapping[str, float]:
        """On what, beside the measuring: `workbench`."""
        return self._workbench.spent_seconds

    @property
    def examinations(self) -> list[Examination]:
        return self._workbench.examinations

    def examiner(self, frameworks: Sequence[str]) -> Examiner:
        return self._workbench.examiner(frameworks)

    def measure(self, cases: Sequence[Case], rule: StoppingRule) -> None:
        """Adds one Measurement a case, whatever happened: cases are the sides of one comparison.

        Raises WorkerStartError for a worker that never could be started.
        """
        self._measure([self._workbench.side(case) for case in cases], rule)

    def go_on(self, cases: Sequence[Case], rule: StoppingRule) -> None:
        """Measures sides that have been measured further: their rounds are added. Raises WorkerStartError."""
        sides = [self._workbench.side(case) for case in cases]
        for side in sides:
            side.go_on_from(self.measurements[side.case])
        self._measure(sides, rule)

    def close(self) -> None:
        """Ends the workers."""
        self._workbench.close_workers()

    def _measure(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        begun = time.monotonic()
        self._workbench.prepare(sides)
        self.preparing_seconds += time.monotonic() - begun
        measure = SCHEDULES[sides[0].phase.schedule]
        measure(self._workbench, sides, rule)
        self.busy_seconds += sum(side.taken.busy_seconds for side in sides)
        measured = {side.case: exchange.with_figures(overlap.with_figures(side.measurement())) for side in sides}
        self.measurements.update(measured)
        self._keeper.compared(measured)
