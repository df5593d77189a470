"""The table of what was not measured, and why."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from harness.findings.comparison import title_of
from harness.findings.sides import title
from harness.record.measurement import Measurement
from harness.session.terminal.titled import titled

REASON_WIDTH = 100


def unmeasured_table(measurements: Sequence[Measurement]) -> Table:
    table = titled("Not measured")
    for heading in ("case", "framework", "outcome"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", max_width=REASON_WIDTH)
    for each in measurements:
        table.add_row(title_of(each.case), title(each.case.framework), each.outcome, escape(each.detail))
    return table
