"""Equal work across ranks: several of them, each with its part of a batch, train as a single process does with the whole of it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from harness.record.case import Case, Workload
from harness.record.check import Check
from harness.record.exchange import SYNCHRONIZED
from harness.session import equal_work
from harness.session.tolerances import Tolerances
from harness.worker.trace import PixelTrace, TrainingTrace

RANKS, ONE_PROCESS = "ranks' weights", "one process"
APART = 1e-6  # of what the steps add: each sum is made once and sent to all, so that ranks have the same bits; a float32 holds 6e-8
OWN_PART = (
    "each rank's batch norms take the statistics of its own part of the batch, so that several ranks are not a single process: only the "
    f"frameworks are compared with each other here. Exchange {SYNCHRONIZED} takes those of all ranks"
)


def checks(case: Case, together: equal_work.Trace, alone: equal_work.Trace | None, allowed: Tolerances) -> tuple[Check, ...]:
    """together: of the ranks; alone: of a single process of the same framework, None where it has none. allowed: what rounding in another
    order may do.
    """
    match together, alone:
        case PixelTrace(), None:
            return ()
        case TrainingTrace(), None:
            return (_ranks(together),)
        case PixelTrace(), PixelTrace():
            return _named(equal_work.pixel_checks(together, alone))
        case TrainingTrace(), TrainingTrace():
            return (_ranks(together), *_training_checks(case, together, alone, allowed))
        case _:
            raise TypeError(f"traces of different kinds: {type(together).__name__} and {type(alone).__name__}")


def unproven(why: str) -> Check:
    """In the place of a comparison with a single process. why: what has become of that."""
    return Check(
        ONE_PROCESS, 0.0, 0.0, "", weak=f"a single process could not do the ranks' work, so that theirs is not compared with it: {why}"
    )


def _ranks(together: TrainingTrace) -> Check:
    return Check(RANKS, together.ranks_apart, APART, "of what the steps add")


def _training_checks(case: Case, together: TrainingTrace, alone: TrainingTrace, allowed: Tolerances) -> tuple[Check, ...]:
    if case.workload is Workload.FULL and alone.running_means.to_numpy().size and case.exchange != SYNCHRONIZED:
        return (Check(ONE_PROCESS, 0.0, 0.0, "", weak=OWN_PART),)
    return _named(equal_work.training_checks(case, together, alone, allowed))


def _named(found: Iterable[Check]) -> tuple[Check, ...]:
    return tuple(replace(check, name=f"{ONE_PROCESS}: {check.name}") for check in found)
