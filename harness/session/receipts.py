"""Receipts of equal work: each computation is checked once, whichever phases ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from harness.frameworks import title
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import Check, EqualWork
from harness.record.outcome import Outcome
from harness.session import equal_work, ranks_alike, tolerances
from harness.session.side import Side
from harness.session.tolerances import Tolerances
from harness.session.workers.worker import WorkerFailure
from harness.worker.protocol import Request
from harness.worker.trace import Rounding

Computation = tuple[str, str, Workload, Execution | None, Precision | None, int, str | None, tuple[str, ...]]


class Receipts:
    """What was found equal is not computed again."""

    def __init__(self, explain: Callable[[Sequence[Side]], str]) -> None:
        """explain: where and why the sides of a refused computation part, in a few sentences; "" where that cannot be told."""
        self._explain = explain
        self._traces: dict[Request, equal_work.Trace] = {}
        self._failed: dict[Request, WorkerFailure] = {}
        self._not_alone: dict[str, str] = {}  # of frameworks whose single process could not do the work of the ranks at hand: why
        self._rounded: dict[Request, Rounding] = {}  # by crews of one, for those of several
        self._by_computation: dict[Computation, dict[str, EqualWork]] = {}

    def have(self, sides: Sequence[Side]) -> bool:
        """Whether these sides' computation has been checked; True too where it need not be. They may not have been opened yet."""
        return not _is_checked(sides) or _computation(sides) in self._by_computation

    def compute_alone(self, sides: Sequence[Side], together: Case) -> None:
        """What single processes make of the batch of that case's ranks, for `check` to compare theirs with. sides: of one rank, opened."""
        live = [side for side in sides if side.alive]
        asked = {side.case.framework: self._unknown(side, equal_work.requests_alone(side.setup, together)) for side in live}
        for side in live:
            side.send(asked[side.case.framework])
        for side in live:
            self._learn(side, asked[side.case.framework])
        self._not_alone = {side.case.framework: side.failure.detail for side in sides if side.failure is not None}
        rounding = equal_work.rounding_request(live[0].setup) if live and live[0].alive else None
        if rounding is not None and rounding not in self._rounded:
            found = live[0].ask(rounding, "finding out how it rounds")
            self._rounded |= {rounding: found} if found is not None else {}

    def check(self, sides: Sequence[Side]) -> None:
        """Past the tolerance a side fails, and so does the reference, which the others are compared with, if none agrees with it."""
        if not _is_checked(sides):
            return
        key = _computation(sides)
        if key in self._by_computation:
            assign(sides, receipts := self._by_computation[key])
            if not all(receipt.holds for receipt in receipts.values()):
                self._add_why(sides)
            return
        receipts = self._compare(sides)
        if len(receipts) == len(sides):  # else a side could not compute: another case may find it alive
            self._by_computation[key] = receipts
        assign(sides, receipts)
        if receipts and not all(receipt.holds for receipt in receipts.values()):
            self._add_why(sides)

    def _add_why(self, sides: Sequence[Side]) -> None:
        """To what is told of those that are refused."""
        told = self._explain(sides)
        for side in sides:
            if told and side.failure is not None and side.failure.outcome is Outcome.UNEQUAL_WORK:
                side.explain(told)

    def _compare(self, sides: Sequence[Side]) -> dict[str, EqualWork]:
        """The receipts by framework. None at all if only one side can compute: there is nothing to compare it with."""
        asked = {side.case.framework: self._unknown(side, equal_work.requests(side.setup)) for side in sides if side.alive}
        live = [side for side in sides if side.alive]  # without those whose computation has failed before
        rounding = equal_work.rounding_request(live[0].setup) if len(live) > 1 and live[0].case.ranks == 1 else None
        for side in live:  # at the same time: nothing is timed here
            side.send(asked[side.case.framework])
        if rounding is not None:
            live[0].send([rounding])
        for side in live:
            self._learn(side, asked[side.case.framework])
        rounded = live[0].answers([rounding], "finding out how it rounds") if rounding is not None else None
        computed = [(side, [self._traces[request] for request in equal_work.requests(side.setup)]) for side in live if side.alive]
        if len(computed) < 2:
            return self._single(computed)
        (reference, their), *others = computed
        allowed = tolerances.of(reference.case, rounded[0]) if rounded and reference is live[0] else self._tolerances(reference)
        first, model = reference.case, reference.model.description
        receipts = {
            side.case.framework: EqualWork(
                first.framework,
                (
                    *equal_work.compare(side.case, model, their, traces, allowed),
                    *self._alike(side, traces, allowed),
                    *self._alike(reference, their, allowed),
                ),
            )
            for side, traces in others
        }
        # The reference answers for itself by one that agrees with it; where none does, nobody can tell which is wrong.
        witness = next((name for name, receipt in receipts.items() if receipt.holds), others[0][0].case.framework)
        return receipts | {first.framework: EqualWork(witness, receipts[witness].checks)}

    def _single(self, computed: Sequence[tuple[Side, Sequence[equal_work.Trace]]]) -> dict[str, EqualWork]:
        """Of one side that has no other: its ranks are compared with a single process of its own framework."""
        alike = {side.case.framework: self._alike(side, traces, self._tolerances(side)) for side, traces in computed}
        return {framework: EqualWork(framework, checks) for framework, checks in alike.items() if checks}

    def _alike(self, side: Side, traces: Sequence[equal_work.Trace], allowed: Tolerances) -> tuple[Check, ...]:
        """Of several ranks: whether they compute what a single process of their framework does."""
        if side.case.ranks == 1:
            return ()
        alone = [self._traces.get(request) for request in equal_work.requests_alone(side.setup, side.case)]
        pairs = zip(traces, alone, strict=True)
        found = [check for ours, theirs in pairs for check in ranks_alike.checks(side.case, ours, theirs, allowed)]
        if None in alone:
            found.append(ranks_alike.unproven(self._not_alone[side.case.framework]))
        return tuple(replace(check, name=f"{title(side.case.framework)}'s {check.name}") for check in found)

    def _unknown(self, side: Side, wanted: Sequence[Request]) -> list[Request]:
        """What of that is not computed yet. A computation that has failed before, in its own code, fails the side."""
        for request in wanted:
            if request in self._failed:
                side.fail(self._failed[request].outcome, self._failed[request].detail)
        return [request for request in wanted if request not in self._traces] if side.alive else []

    def _learn(self, side: Side, asked: Sequence[Request]) -> None:
        for request in asked:
            was_alive = side.alive
            found = side.answers([request], "checking equal work")
            failure = side.failure
            if found is not None:
                self._traces[request] = found[0]
            elif was_alive and failure is not None and failure.outcome is Outcome.ERROR:
                self._failed[request] = failure  # the same again, for each case that asks, would end alike

    def _tolerances(self, reference: Side) -> Tolerances:
        """By what rounding does to the reference. Where that is not told, those of any network."""
        request = equal_work.rounding_request(reference.setup)
        if request in self._rounded:
            return tolerances.of(reference.case, self._rounded[request])
        rounding = reference.ask(request, "finding out how it rounds") if request is not None else None
        return tolerances.of(reference.case, rounding)


def assign(sides: Sequence[Side], receipts: dict[str, EqualWork]) -> None:
    """Gives each side its receipt; one that does not hold ends it."""
    for side in sides:
        receipt = side.equal_work = receipts.get(side.case.framework)
        if receipt is not None and not receipt.holds:
            broken = "; ".join(check.told for check in receipt.checks if not check.holds)
            side.fail(Outcome.UNEQUAL_WORK, f"not the same work as {receipt.reference}'s: {broken}")


def _is_checked(sides: Sequence[Side]) -> bool:
    return sides[0].case.style is Style.MATCHED


def _computation(sides: Sequence[Side]) -> Computation:
    """What a receipt is valid for: the phases only ask other questions of the same computation."""
    case, frameworks = sides[0].case, tuple(side.case.framework for side in sides)
    return case.model, sides[0].experiment.sha256, case.workload, case.execution, case.precision, case.ranks, case.exchange, frameworks
