"""The report's five metrics of a whole job, in the shape of its table, with the winner and how sure that is."""

from __future__ import annotations

from harness.findings.five_metrics import FiveMetrics
from harness.findings.models import headed
from harness.findings.outputs.sheet import Sheet
from harness.findings.sides import title
from harness.session.terminal.verdict_cells import INTERVAL, verdict_cells


def five_metrics_table(found: FiveMetrics) -> Sheet:
    table = Sheet(f"The report's five metrics: {headed(found.comparison, found.model)}, {found.epochs} epochs")
    table.add_column("metric", no_wrap=True)
    for framework in found.frameworks:
        table.add_column(title(framework), justify="right", no_wrap=True)
    for name in ("difference or ratio", INTERVAL, "result"):
        table.add_column(name, no_wrap=True)
    for metric in found.metrics:
        values = [metric.values[framework] for framework in found.frameworks]
        blank = [""] * len(values)
        for place, verdict in enumerate(metric.verdicts):
            cells = verdict_cells(verdict, several=len(values) > 2)
            table.add_row(*((metric.name, *values) if place == 0 else ("", *blank)), *cells)
    return table
