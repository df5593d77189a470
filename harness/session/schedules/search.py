"""A batch size after the other, each in a fresh process: what ran out of memory leaves its allocator in pieces."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.record.outcome import Outcome
from harness.session.largest_batch import Search
from harness.session.schedules.apart import measure_in_a_fresh_worker
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:  # noqa: ARG001 a schedule is given one
    """A trial has one block, so the rule has nothing to stop."""
    workbench.open(sides)
    for side in sides:
        if side.device == "cpu":
            side.fail(Outcome.UNSUPPORTED, "no GPU: host memory has no limit of its own that is worth finding")
    if any(side.alive for side in sides):
        workbench.check_equal_work(sides)
    for side in sides:
        _seek(workbench, side)
    workbench.close_workers()


def _seek(workbench: Workbench, side: Side) -> None:
    """The side ends with what was taken at the largest batch that fits."""
    search, fitting = Search(side.case.batch_size), side
    while side.alive and (size := search.next_size) is not None:
        trial = workbench.trial(msgspec.structs.replace(side.case, batch_size=size))
        measure_in_a_fresh_worker(workbench, trial)
        if trial.failure and trial.failure.outcome is not Outcome.OUT_OF_MEMORY:
            side.fail(trial.failure.outcome, f"at a batch of {size}: {trial.failure.detail}")
            break
        side.note_trial(trial.measurement())
        search = search.with_trial(size, fits=trial.alive)
        if trial.alive:
            fitting = trial
    if side.alive:
        _conclude(side, search, fitting)


def _conclude(side: Side, search: Search, fitting: Side) -> None:
    if not search.largest:
        side.fail(Outcome.OUT_OF_MEMORY, f"not even a batch of {search.smallest_misfit} fits")
        return
    side.conclude(fitting)
    side.note({"largest_batch_size": float(search.largest)}, {})
    if search.smallest_misfit is None:
        side.note({}, {"smallest_out_of_memory_batch_size": f"{search.largest} {side.items} fit: no larger batch was tried"})
    else:
        side.note({"smallest_out_of_memory_batch_size": float(search.smallest_misfit)}, {})
