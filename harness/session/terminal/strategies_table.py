"""The table of one framework's ways to load images, the fastest first."""

from __future__ import annotations

from collections.abc import Sequence

from harness.findings.figures import shown
from harness.findings.lead import line, name, ranked
from harness.findings.models import headed
from harness.findings.outputs.sheet import Sheet
from harness.findings.ratio import limit_share
from harness.findings.sides import title
from harness.phases.figures import SHARE_OF_LIMIT
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement
from harness.session.terminal.verdict_cells import INTERVAL


def strategies_table(framework: str, measurements: Sequence[Measurement], model: str = "") -> Sheet:
    """Measurements of that framework and model: `lead.ways`. model: its title, where it needs telling."""
    what = headed(f"{title(framework)}'s ways to load the same images", model)
    table = Sheet(f"{what}, by their share of what libjpeg-turbo and OpenCV do alone")
    cells = [_cells(each) for each in ranked(measurements)]
    headings = list(dict.fromkeys(heading for row in cells for heading in row))
    table.add_column("strategy", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what it is", no_wrap=True)
    for each, row in zip(ranked(measurements), cells, strict=True):
        table.add_row(name(each), *(row.get(heading, NOTHING) for heading in headings), line(each.case))
    return table


def _cells(measurement: Measurement) -> dict[str, str]:
    """By heading: what is shown of it, and behind the share of the limit its interval."""
    share = limit_share(measurement)
    found = {}
    for each in shown(measurement):
        found[each.title] = each.text
        if SHARE_OF_LIMIT.name in each.names:
            found[INTERVAL] = f"{share.low:.0%} – {share.high:.0%}" if share else ""
    return found
