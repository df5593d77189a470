"""The table of the model formats: a row each, as no format has a partner to be in a ratio with."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.frameworks import FRAMEWORKS
from harness.record.measurement import Measurement
from harness.session.terminal.figures import figures

TITLE = "Model formats: the network to disk and back, in the page cache; medians"


def format_table(measurements: Sequence[Measurement]) -> Table:
    """Figures of measured formats, in the order they were measured."""
    table = Table(title=TITLE, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("framework", "format"):
        table.add_column(heading, no_wrap=True)
    for heading in figures(measurements[0]):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = ""
    for each in measurements:
        title = FRAMEWORKS[each.case.framework].title
        table.add_row("" if title == shown else title, each.case.model_format, *figures(each).values())
        shown = title
    return table
