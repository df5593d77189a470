"""Block by block in turns A B, B A, A B, …

Whatever drifts meanwhile (heat, other people's load) reaches all sides alike instead of making one of them the winner.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from harness.session.equal_work import asks_timed_work
from harness.session.schedules.blocks import is_answered, is_enough, is_hopeless, take_block
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:
    phase, case = sides[0].phase, sides[0].case
    if phase.fresh_workers:  # memory that another case has left would serve this one, and its imports
        workbench.check_before_fresh_workers(sides)
        workbench.open_fresh(sides)
        begin(sides)
    elif asks_timed_work(case):
        workbench.open(sides)
        begin(sides)
        workbench.check_equal_work(sides)
    else:
        workbench.open(sides)
        workbench.check_equal_work(sides)
        begin(sides)
    take_turns(sides, rule.of_single_items(phase.least_rounds_of_one) if case.batch_size == 1 else rule)


def begin(sides: Sequence[Side]) -> None:
    for side in sides:
        side.begin()


def take_turns(sides: Sequence[Side], rule: StoppingRule) -> None:
    for turn in itertools.count(max(side.first_turn for side in sides)):
        if is_answered(sides, rule) or is_hopeless(sides, rule) or all(is_enough(side, rule) for side in sides):
            break
        for side in sides if turn % 2 == 0 else reversed(sides):
            take_block(side, turn, rule)
    for side in sides:
        side.end()
