"""Block by block in turns A B, B A, A B, …

Whatever drifts meanwhile (heat, other people's load) reaches all sides alike instead of making one of them the winner.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from harness.session.schedules.blocks import is_enough, take_block
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:
    phase, case = sides[0].phase, sides[0].case
    if phase.fresh_workers:  # memory that another case has left would serve this one, and its imports
        workbench.check_before_fresh_workers(sides)
        workbench.open_fresh(sides)
    else:
        workbench.open(sides)
        workbench.check_equal_work(sides)
    _take_turns(sides, rule.with_floor(phase.least_rounds_of_one) if case.batch_size == 1 else rule)


def _take_turns(sides: Sequence[Side], rule: StoppingRule) -> None:
    for side in sides:
        side.begin()
    for turn in itertools.count():
        if all(is_enough(side, rule) for side in sides):
            break
        for side in sides if turn % 2 == 0 else reversed(sides):
            take_block(side, turn, rule)
    for side in sides:
        side.end()
