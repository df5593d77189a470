"""Measures all sides of one comparison together: checked for equal work, then block by block in turns A B, B A, A B, …

Whatever drifts meanwhile (heat, other people's load) reaches all sides alike instead of making one of them the winner.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from harness.findings import overlap
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import EqualWork
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session import equal_work, job
from harness.session.inputs import InputStore
from harness.session.largest_batch import search
from harness.session.side import Side, Teller
from harness.session.stopping import StoppingRule
from harness.session.workers import WorkerFailure, WorkerPool, WorkerStartError
from harness.worker.protocol import Request

BLOCKS = 8  # of a case whose rounds are short
RETAKE_SHARE = 0.25  # of a case's time: how long rounds that other processes disturbed may be measured again
LATENCY_ROUNDS = 100  # of a single image: the 99th percentile of fewer would be the slowest one

Computation = tuple[str, Workload, Execution | None, Precision | None, tuple[str, ...]]


class Comparer:
    """Measures comparisons one after another; what was found equal once is not computed again."""

    def __init__(self, pool: WorkerPool, inputs: InputStore, timeout_seconds: float, teller: Teller) -> None:
        self._pool = pool
        self._inputs = inputs
        self._timeout_seconds = timeout_seconds
        self._teller = teller
        self._traces: dict[Request, equal_work.Trace] = {}
        self._receipts: dict[Computation, dict[str, EqualWork]] = {}
        self.measurements: dict[Case, Measurement] = {}
        self.busy_seconds = 0.0

    def measure(self, cases: Sequence[Case], rule: StoppingRule) -> None:
        """Adds one Measurement a case, whatever happened. Raises WorkerStartError for a worker that never could be started."""
        sides = [Side(case, self._inputs, self._timeout_seconds, self._teller) for case in cases]
        match sides[0].case.phase:
            case "data_pipeline" | "pipeline_scaling":
                self._measure_pipelines(sides, rule)
            case "memory":
                self._measure_apart(sides)
            case "largest_batch":
                self._seek_largest_batch(sides)
            case "fine_tuning":
                self._measure_jobs(sides, rule)
            case "model_formats":
                self._measure_alone(sides, rule)
            case _:
                self._measure_in_turns(sides, rule)
        self.busy_seconds += sum(side.busy_seconds for side in sides)
        self.measurements.update({side.case: overlap.with_figures(side.measurement()) for side in sides})

    def _measure_in_turns(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        self._open(sides)
        self._check_equal_work(sides)
        self._take_turns(sides, rule.with_floor(LATENCY_ROUNDS) if sides[0].case.batch_size == 1 else rule)

    def _measure_pipelines(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        """In turns too, each side in a fresh process: memory that another pipeline has left would serve this one, and its imports."""
        self._check_before_fresh_workers(sides)
        self._open_fresh(sides)
        self._take_turns(sides, rule)

    def _take_turns(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        for side in sides:
            side.attempt(side.begin)
        for turn in itertools.count():
            live = [side for side in sides if side.alive]
            if all(rule.satisfied(side.step_seconds, side.blocks, side.measured_seconds) for side in live):
                break
            for side in live if turn % 2 == 0 else reversed(live):
                _take_block(side, turn, rule)
        for side in sides:
            side.attempt(side.end)

    def _measure_apart(self, sides: Sequence[Side]) -> None:
        """A fresh process for each side, and no other worker beside it: the peak is to be its own."""
        self._check_before_fresh_workers(sides)
        for side in sides:
            self._measure_in_a_fresh_worker(side)
        self._pool.close_all()

    def _measure_in_a_fresh_worker(self, side: Side) -> None:
        self._open_fresh([side])
        side.attempt(side.begin)
        side.attempt(side.take_block, 0, 0.0, 1, 0.0)
        side.attempt(side.end)

    def _seek_largest_batch(self, sides: Sequence[Side]) -> None:
        """Each size in a fresh process: what ran out of memory leaves its allocator in pieces."""
        self._open(sides)
        for side in sides:
            if side.device == "cpu":
                side.fail(Outcome.UNSUPPORTED, "no GPU: host memory has no limit of its own that is worth finding")
        if any(side.alive for side in sides):
            self._check_equal_work(sides)
        for side in sides:
            trials: dict[int, Side] = {}
            found = side.attempt(search, side.case.batch_size, lambda size, side=side, trials=trials: self._fits(side, size, trials))
            if found is not None:
                side.note_largest_batch(found)
            if side.alive:
                side.adopt(trials[found.largest])
        self._pool.close_all()

    def _fits(self, side: Side, batch_size: int, trials: dict[int, Side]) -> bool:
        """Tries a size. Raises WorkerFailure where it ended in any other way than by fitting or being out of memory."""
        case = msgspec.structs.replace(side.case, batch_size=batch_size)
        trial = trials[batch_size] = Side(case, self._inputs, self._timeout_seconds, self._teller)
        self._measure_in_a_fresh_worker(trial)
        ended = trial.measurement()
        if ended.outcome not in (Outcome.OK, Outcome.OUT_OF_MEMORY):
            raise WorkerFailure(ended.outcome, f"at a batch of {batch_size}: {ended.detail}")
        side.add_trial(batch_size, ended)
        return ended.outcome is Outcome.OK

    def _measure_jobs(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        """Epoch by epoch in turns, each side in a fresh process: a job's peak is to be its own."""
        self._check_before_fresh_workers(sides)
        self._open_fresh(sides)
        experiment = self._inputs.experiment("fine_tuning")
        epochs = min(experiment.epochs, rule.max_rounds)
        for side in sides:
            side.attempt(side.begin)
        for epoch in range(epochs):
            for side in sides if epoch % 2 == 0 else reversed(sides):
                side.attempt(side.take_epoch, epoch, epochs)
        for side in sides:
            side.attempt(side.end)
        if sides[0].case.style is Style.MATCHED and sides[0].case.workload is Workload.FROZEN:
            self._compare_curves(sides)
        if experiment.target_accuracy is not None and epochs == experiment.epochs:
            for side in sides:
                side.aim(experiment.target_accuracy)

    def _measure_alone(self, sides: Sequence[Side], rule: StoppingRule) -> None:
        """One after the other: no format has a partner to take turns with, and it is compared with the model that was saved in it."""
        for side in sides:
            self._open([side])
            side.attempt(side.begin)
            while side.alive and not rule.satisfied(side.step_seconds, side.blocks, side.measured_seconds):
                _take_block(side, side.blocks, rule)
            side.attempt(side.end)

    def _check_before_fresh_workers(self, sides: Sequence[Side]) -> None:
        if sides[0].case.style is Style.MATCHED and self._computation(sides) not in self._receipts:
            self._open(sides)
        self._check_equal_work(sides)

    def _compare_curves(self, sides: Sequence[Side]) -> None:
        """Adds to the receipts of equal work how far apart the jobs came out. One that is left alone has nothing to be compared with."""
        live = [side for side in sides if side.alive and side.equal_work is not None]
        if len(live) < 2:
            return
        first, *others = live
        curves = {other.case.framework: job.curve_checks(other.epochs, first.epochs) for other in others}
        # As in `_compare`, the first answers for itself by one that agrees with it.
        alike = (checks for checks in curves.values() if all(check.holds for check in checks))
        curves[first.case.framework] = next(alike, curves[others[0].case.framework])
        self._assign(live, {side.case.framework: side.with_checks(curves[side.case.framework]) for side in live})

    def _open(self, sides: Sequence[Side]) -> None:
        """Workers for all sides first: each imports its framework while the next one starts."""
        live = [side for side in sides if side.alive]
        for side in live:
            try:
                self._pool.get(side.case.framework, side.case.surroundings)
            except WorkerStartError as error:
                if not self._pool.has_started(side.case.framework):
                    raise
                side.fail(Outcome.CRASHED, str(error))
        for side in live:
            if side.alive:
                side.attempt(side.open, self._pool.get(side.case.framework, side.case.surroundings))
        _fail_on_different_devices(live)

    def _open_fresh(self, sides: Sequence[Side]) -> None:
        """A new process for each, and no other beside them."""
        self._pool.close_all()
        self._open(sides)

    def _check_equal_work(self, sides: Sequence[Side]) -> None:
        """Past the tolerance a side fails, and so does the first, which the others are compared with, if none agrees with it."""
        if sides[0].case.style is not Style.MATCHED:
            return
        key = self._computation(sides)
        if key not in self._receipts:
            receipts = self._compare(sides)
            if len(receipts) < len(sides):
                self._assign(sides, receipts)
                return  # a side could not compute: another case may find it alive
            self._receipts[key] = receipts
        self._assign(sides, self._receipts[key])

    def _compare(self, sides: Sequence[Side]) -> dict[str, EqualWork]:
        """The receipts by framework. None at all if only one side can compute: there is nothing to compare it with."""
        traced = [(side.case, side.attempt(self._traces_of, side)) for side in sides]
        computed = [(case, traces) for case, traces in traced if traces is not None]
        if len(computed) < 2:
            return {}
        (first, reference), *others = computed
        receipts = {case.framework: EqualWork(first.framework, equal_work.compare(case, reference, traces)) for case, traces in others}
        # The first answers for itself by one that agrees with it; where none does, nobody can tell which is wrong.
        witness = next((name for name, receipt in receipts.items() if receipt.holds), others[0][0].framework)
        return receipts | {first.framework: EqualWork(witness, receipts[witness].checks)}

    def _traces_of(self, side: Side) -> list[equal_work.Trace]:
        wanted = equal_work.requests(side.setup)
        for request in wanted:
            if request not in self._traces:
                self._traces[request] = side.ask(request, "checking equal work")
        return [self._traces[request] for request in wanted]

    def _computation(self, sides: Sequence[Side]) -> Computation:
        """What a receipt is valid for: the phases only ask other questions of the same computation."""
        case = sides[0].case
        experiment = self._inputs.experiment(case.phase).sha256
        return experiment, case.workload, case.execution, case.precision, tuple(side.case.framework for side in sides)

    def _assign(self, sides: Sequence[Side], receipts: dict[str, EqualWork]) -> None:
        for side in sides:
            receipt = side.equal_work = receipts.get(side.case.framework)
            if receipt is not None and not receipt.holds:
                broken = "; ".join(
                    f"{check.name} differ by {check.difference:.2g} {check.unit}, tolerance {check.tolerance:.2g}"
                    for check in receipt.checks
                    if not check.holds
                )
                side.fail(Outcome.UNEQUAL_WORK, f"not the same work as {receipt.reference}'s: {broken}")


def _take_block(side: Side, number: int, rule: StoppingRule) -> None:
    """The side's share of the rule's ceiling in one turn."""
    retake_seconds = RETAKE_SHARE * rule.max_seconds
    side.attempt(side.take_block, number, rule.max_seconds / BLOCKS, max(1, rule.max_rounds // BLOCKS), retake_seconds)


def _fail_on_different_devices(sides: Sequence[Side]) -> None:
    """A GPU is faster than a CPU whatever runs on it: that is not what is compared here."""
    places = {side.case.framework: side.place for side in sides if side.alive}
    if len(set(places.values())) > 1:
        told = ", ".join(f"{framework} on {place}" for framework, place in places.items())
        for side in sides:
            side.fail(
                Outcome.UNEQUAL_WORK, f"not the same device: {told}. Give each its GPU build (tox run -m bench-cuda) or host (--worker)"
            )
