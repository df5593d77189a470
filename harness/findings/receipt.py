"""Whether a case's work was found equal, and how tables say so."""

from __future__ import annotations

from harness.record.case import Case, Style
from harness.record.check import EqualWork
from harness.record.measurement import Measurement


def receipt_of(measurement: Measurement) -> EqualWork | None:
    """Of all frameworks' work; of a model format, of what was loaded against what was saved."""
    if measurement.equal_work is None and not measurement.checks:
        return None
    return measurement.equal_work or EqualWork("the model that was saved", measurement.checks)


def mark(receipt: EqualWork | None, case: Case | None) -> str:
    """case: whose it would be. None: a benchmark of another suite."""
    if receipt is None:
        return "each its own" if case is not None and case.style is Style.STOCK else "not checked"
    if not receipt.holds:
        return "does not hold"
    holds = "1 check holds" if len(receipt.checks) == 1 else f"{len(receipt.checks)} checks hold"
    weak = sum(bool(check.weak) for check in receipt.checks)
    return f"{holds}, {weak} weak" if weak else holds
