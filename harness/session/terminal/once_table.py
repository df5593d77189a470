"""The table of cases that were run once and not timed, as `--benchmark-disable` has it: what ran, how it ended, and whether it was
equal work."""

from __future__ import annotations

from collections.abc import Sequence

from harness.findings.comparison import Comparison, comparisons
from harness.findings.outputs.sheet import Sheet
from harness.findings.receipt import mark, receipt_of
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement


def once_table(measurements: Sequence[Measurement]) -> Sheet:
    """A row a comparison, a column a framework."""
    frameworks = ordered(each.case.framework for each in measurements)
    table = Sheet("Run once each, nothing was timed: no ratio, no winner")
    for name in ("case", *map(title, frameworks), "equal work"):
        table.add_column(name, no_wrap=True)
    for comparison in comparisons(measurements):
        sides = (comparison.side(framework) for framework in frameworks)
        table.add_row(comparison.title, *(str(side.outcome) if side else NOTHING for side in sides), _equal_work(comparison))
    return table


def _equal_work(comparison: Comparison) -> str:
    """Of each side that is not the reference, where there is another."""
    return ", ".join(dict.fromkeys(mark(receipt_of(side), side.case) for side in comparison.others or comparison.sides))
