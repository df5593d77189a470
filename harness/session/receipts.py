"""Receipts of equal work: each computation is checked once, whichever phases ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.record.case import Execution, Precision, Style, Workload
from harness.record.check import EqualWork
from harness.record.outcome import Outcome
from harness.session import equal_work
from harness.session.side import Side
from harness.worker.protocol import Request

Computation = tuple[str, str, Workload, Execution | None, Precision | None, tuple[str, ...]]


class Receipts:
    """What was found equal is not computed again."""

    def __init__(self) -> None:
        self._traces: dict[Request, equal_work.Trace] = {}
        self._by_computation: dict[Computation, dict[str, EqualWork]] = {}

    def have(self, sides: Sequence[Side]) -> bool:
        """Whether these sides' computation has been checked; True too where it need not be. They may not have been opened yet."""
        return not _is_checked(sides) or _computation(sides) in self._by_computation

    def check(self, sides: Sequence[Side]) -> None:
        """Past the tolerance a side fails, and so does the reference, which the others are compared with, if none agrees with it."""
        if not _is_checked(sides):
            return
        key = _computation(sides)
        if key in self._by_computation:
            assign(sides, self._by_computation[key])
            return
        receipts = self._compare(sides)
        if len(receipts) == len(sides):  # else a side could not compute: another case may find it alive
            self._by_computation[key] = receipts
        assign(sides, receipts)

    def _compare(self, sides: Sequence[Side]) -> dict[str, EqualWork]:
        """The receipts by framework. None at all if only one side can compute: there is nothing to compare it with."""
        traced = [(side.case, self._traces_of(side)) for side in sides]
        computed = [(case, traces) for case, traces in traced if traces is not None]
        if len(computed) < 2:
            return {}
        (first, reference), *others = computed
        receipts = {case.framework: EqualWork(first.framework, equal_work.compare(case, reference, traces)) for case, traces in others}
        # The reference answers for itself by one that agrees with it; where none does, nobody can tell which is wrong.
        witness = next((name for name, receipt in receipts.items() if receipt.holds), others[0][0].framework)
        return receipts | {first.framework: EqualWork(witness, receipts[witness].checks)}

    def _traces_of(self, side: Side) -> list[equal_work.Trace] | None:
        """None where the side has failed."""
        if not side.alive:
            return None
        wanted = equal_work.requests(side.setup)
        for request in wanted:
            if request not in self._traces:
                trace = side.ask(request, "checking equal work")
                if trace is None:
                    return None
                self._traces[request] = trace
        return [self._traces[request] for request in wanted]


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
    return sides[0].model_name, sides[0].experiment.sha256, case.workload, case.execution, case.precision, frameworks
