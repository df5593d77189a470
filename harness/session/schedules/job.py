"""A whole job: epoch by epoch in turns, each side in a fresh process, as a job's peak is to be its own."""

from __future__ import annotations

from collections.abc import Sequence

from harness.record.case import Style, Workload
from harness.record.check import EqualWork
from harness.record.outcome import Outcome
from harness.session import job
from harness.session.receipts import assign
from harness.session.side import Side
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench

TARGET = "time_to_target_seconds"


def measure(workbench: Workbench, sides: Sequence[Side], rule: StoppingRule) -> None:
    """All epochs of the experiment, but no more than the rule allows rounds."""
    workbench.check_before_fresh_workers(sides)
    workbench.open_fresh(sides)
    experiment, case = sides[0].experiment, sides[0].case
    epochs = min(experiment.epochs, rule.max_rounds)
    for side in sides:
        side.begin()
    for epoch in range(epochs):
        for side in sides if epoch % 2 == 0 else reversed(sides):
            _take_epoch(side, epoch, epochs)
    for side in sides:
        side.end()
    if case.style is Style.MATCHED and case.workload is Workload.FROZEN:
        _compare_curves(sides)
    if experiment.target_accuracy is not None and epochs == experiment.epochs:
        for side in sides:
            _aim(side, experiment.target_accuracy)


def _take_epoch(side: Side, number: int, epochs: int) -> None:
    side.take_epoch(number, epochs)
    if side.alive:
        side.milestone(f"epoch {number + 1}/{epochs}: {job.told(side.taken.epochs[-1])}")


def _aim(side: Side, target_accuracy: float) -> None:
    """Notes when the job reached its target. One that never did has failed, but in `stock`: its habits are what they are."""
    if not side.alive:
        return
    seconds = job.seconds_to(target_accuracy, side.taken.epochs)
    if seconds is not None:
        side.note({TARGET: seconds}, {})
        return
    shortfall = job.shortfall(target_accuracy, side.taken.epochs)
    side.note({}, {TARGET: shortfall})
    if side.case.style is Style.MATCHED:
        side.fail(Outcome.TARGET_MISSED, shortfall)


def _compare_curves(sides: Sequence[Side]) -> None:
    """Adds to the receipts of equal work how far apart the jobs came out. One that is left alone has nothing to be compared with."""
    live = [(side, side.equal_work) for side in sides if side.alive and side.equal_work is not None]
    if len(live) < 2:
        return
    (reference, _), *others = live
    curves = {other.case.framework: job.curve_checks(other.taken.epochs, reference.taken.epochs) for other, _ in others}
    # As in `Receipts`, the reference answers for itself by one that agrees with it.
    alike = (checks for checks in curves.values() if all(check.holds for check in checks))
    curves[reference.case.framework] = next(alike, curves[others[0][0].case.framework])
    longer = {side.case.framework: EqualWork(receipt.reference, (*receipt.checks, *curves[side.case.framework])) for side, receipt in live}
    assign([side for side, _ in live], longer)
