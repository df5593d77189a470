"""In turns, each side as many new processes as it has ranks."""

from __future__ import annotations

from collections.abc import Sequence

from harness.record.case import Style
from harness.session.schedules.in_turns import begin, take_turns
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:
    case = sides[0].case
    if case.ranks > 1 and case.style is Style.MATCHED:
        workbench.check_against_one_process(sides)
    workbench.open_crews(sides)
    workbench.check_equal_work(sides)
    begin(sides)
    take_turns(sides, rule)
    workbench.close_workers()
