"""The table of a phase whose cases have no partner to be in a ratio with, as the model formats: a row each."""

from __future__ import annotations

from collections.abc import Sequence

from harness.findings.comparison import heading_of
from harness.findings.figures import shown
from harness.findings.outputs.sheet import Sheet
from harness.findings.sides import title
from harness.record.case import AXES
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement


def format_table(heading: str, measurements: Sequence[Measurement]) -> Sheet:
    """Measurements of one phase and model, in the order in which they were measured."""
    texts = [{row.title: row.text for row in shown(each)} for each in measurements]
    figures = list(dict.fromkeys(figure for row in texts for figure in row))
    table = Sheet(heading)
    for name in ("framework", "case"):
        table.add_column(name, no_wrap=True)
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    shared, above = _shared(measurements), ""
    for each, row in zip(measurements, texts, strict=True):
        framework = title(each.case.framework)
        case = heading_of(each.case, shared) or heading_of(each.case)
        table.add_row("" if framework == above else framework, case, *(row.get(figure, NOTHING) for figure in figures))
        above = framework
    return table


def _shared(measurements: Sequence[Measurement]) -> frozenset[str]:
    """The axes that need not be named: all have the same value, and not of a list of their framework's own."""
    cases = [each.case for each in measurements]
    return frozenset(axis for axis in AXES if not AXES[axis].listed and len({getattr(case, axis) for case in cases}) == 1)
