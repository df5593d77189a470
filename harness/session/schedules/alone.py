"""One after the other: a case has no partner to take turns with, and is compared with something of its own."""

from __future__ import annotations

from collections.abc import Sequence

from harness.session.schedules.blocks import is_enough, take_block
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:
    for side in sides:
        workbench.open([side])
        side.begin()
        while not is_enough(side, rule):
            take_block(side, len(side.taken.blocks), rule)
        side.end()
