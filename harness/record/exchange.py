"""Ways for the ranks of a case to exchange what a step needs that more than one framework has, by the names of their listings."""

from __future__ import annotations

from harness.record.case import Case

SYNCHRONIZED = "synchronized"  # a batch norm takes the statistics of all ranks
ACCUMULATED = "accumulated_4"  # gradients of PARTS parts of a rank's batch are summed, and exchanged once
PARTS = 4
DEFAULT = "default"  # that of the framework itself, as tables call it: a case of it names none


def pieces(case: Case) -> int:
    """The equal parts that the case's batch is split into, over all of its ranks."""
    return case.ranks * (PARTS if case.exchange == ACCUMULATED else 1)


def exchange_of(case: Case) -> str:
    """As tables call it; "" of a single rank, which has nobody to exchange with."""
    return (case.exchange or DEFAULT) if case.ranks > 1 else ""
