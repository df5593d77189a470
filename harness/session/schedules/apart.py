"""One side after the other, each in a fresh process with no other worker beside it: the peak is to be its own."""

from __future__ import annotations

from collections.abc import Sequence

from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:  # noqa: ARG001 a schedule is given one
    """One block each: rounds are no use here, so the rule has nothing to stop."""
    workbench.check_before_fresh_workers(sides)
    for side in sides:
        measure_in_a_fresh_worker(workbench, side)
    workbench.close_workers()


def measure_in_a_fresh_worker(workbench: Workbench, side: Side) -> None:
    workbench.open_fresh([side])
    side.begin()
    side.take_block(0, seconds=0.0, max_rounds=1, retake_seconds=0.0)
    side.end()
