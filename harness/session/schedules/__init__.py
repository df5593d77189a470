"""When the sides of a comparison are measured: a module for each `phases.declaration.Schedule`.

Each offers `measure`, which measures the sides of one comparison. A side that fails keeps its failure; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.phases.declaration import Schedule
from harness.session.schedules import alone, apart, in_turns, job, ranks, search
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench

SCHEDULES: dict[Schedule, Callable[[Workbench, Sequence[Side], StoppingRule], None]] = {
    Schedule.IN_TURNS: in_turns.measure,
    Schedule.APART: apart.measure,
    Schedule.ALONE: alone.measure,
    Schedule.SEARCH: search.measure,
    Schedule.JOB: job.measure,
    Schedule.RANKS: ranks.measure,
}
