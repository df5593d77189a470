"""The table of a phase: a row a comparison and figure, and beside them who is ahead, a line for each side that is not the reference."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from harness.findings.ahead import Verdict, verdicts
from harness.findings.comparison import Comparison, comparisons, heading_of
from harness.findings.figures import shown
from harness.findings.outputs.sheet import Sheet
from harness.findings.receipt import mark, receipt_of
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement
from harness.session.terminal.verdict_cells import INTERVAL, verdict_cells

NAMED_ABOVE = frozenset({"model"})  # the axes that the table's title names


def phase_table(heading: str, measurements: Sequence[Measurement]) -> Sheet:
    """Measurements of one phase and model."""
    found = comparisons(measurements)
    frameworks = ordered(each.case.framework for each in measurements)
    table = Sheet(heading)
    for name in ("case", "figure"):
        table.add_column(name, no_wrap=True)
    for name in frameworks:
        table.add_column(title(name), justify="right", no_wrap=True)
    for name in ("ratio", INTERVAL, "result", "equal work"):
        table.add_column(name, no_wrap=True)
    for comparison in found:
        _add(table, comparison, frameworks)
    return table


def _add(table: Sheet, comparison: Comparison, frameworks: Sequence[str]) -> None:
    texts = {side.case.framework: {row.title: row.text for row in shown(side)} for side in comparison.sides}
    figures = list(dict.fromkeys(figure for of_side in texts.values() for figure in of_side))
    lines = [_line(comparison, verdict, several=len(frameworks) > 2) for verdict in verdicts(comparison)]
    case = heading_of(comparison.reference.case, NAMED_ABOVE)
    for figure, line in itertools.zip_longest(figures, lines):
        values = [texts.get(framework, {}).get(figure, NOTHING) if figure else "" for framework in frameworks]
        table.add_row(case, figure, *values, *(line or ()))
        case = ""


def _line(comparison: Comparison, verdict: Verdict, several: bool) -> tuple[str, ...]:
    side = comparison.side(verdict.other) or comparison.reference
    return *verdict_cells(verdict, several), mark(receipt_of(side), side.case)
