"""Measures comparisons one after another, each by the schedule of its phase."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.findings import overlap
from harness.phases import PHASES
from harness.record.case import Case
from harness.record.parting import Examination
from harness.session.examination.examiner import Examiner
from harness.session.journal.keeper import Keeper
from harness.session.schedules import SCHEDULES
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench

COMPARER: pytest.StashKey[Comparer] = pytest.StashKey()  # the session's


class Comparer:
    def __init__(self, workbench: Workbench, keeper: Keeper) -> None:
        self._workbench = workbench
        self._keeper = keeper
        self.measurements = dict(keeper.measured)
        self.busy_seconds = 0.0

    @property
    def examinations(self) -> list[Examination]:
        return self._workbench.examinations

    def examiner(self, frameworks: Sequence[str]) -> Examiner:
        return self._workbench.examiner(frameworks)

    def measure(self, cases: Sequence[Case], rule: StoppingRule) -> None:
        """Adds one Measurement a case, whatever happened: cases are the sides of one comparison.

        Raises WorkerStartError for a worker that never could be started.
        """
        sides = [self._workbench.side(case) for case in cases]
        self._workbench.prepare(sides)
        measure = SCHEDULES[PHASES[cases[0].phase].schedule]
        measure(self._workbench, sides, rule)
        self.busy_seconds += sum(side.taken.busy_seconds for side in sides)
        measured = {side.case: overlap.with_figures(side.measurement()) for side in sides}
        self.measurements.update(measured)
        self._keeper.compared(measured)
