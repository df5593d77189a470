"""The table of what was not measured, and why: a line each, and where the whole of a longer reason is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.findings.comparison import title_of
from harness.findings.outputs.sheet import Sheet
from harness.findings.sides import title
from harness.record.measurement import Measurement
from harness.record.text import is_cut, shortened

LONGEST_REASON = 100
WHOLE = "why, in full: above, under FAILURES (of what was skipped: with -rs), and in the session's JSON or journal."


def unmeasured_table(measurements: Sequence[Measurement]) -> Sheet:
    table = Sheet("Not measured")
    for heading in ("case", "framework", "outcome"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why")
    for each in measurements:
        table.add_row(title_of(each.case), title(each.case.framework), each.outcome, shortened(each.detail, LONGEST_REASON))
    return table


def whole_reasons(measurements: Sequence[Measurement]) -> Iterator[str]:
    """Where they are, if the table has not the whole of each."""
    if any(is_cut(each.detail, LONGEST_REASON) for each in measurements):
        yield WHOLE
