"""The device's memory over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.findings.comparison import comparisons
from harness.findings.models import told_apart
from harness.record.figure import MIB
from harness.record.measurement import Measurement
from history.report.pictures.plots import heading, lines, series


def memory_curves(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    titles = told_apart(measured)
    return [
        lines(
            "curve",
            comparison.title,
            [series(side, [(point.seconds, point.used_bytes / MIB) for point in side.memory_curve]) for side in comparison.sides],
            "seconds",
            "MiB",
            heading("Device memory over time", comparison, titles),
        )
        for comparison in comparisons(each for each in measured if each.memory_curve)
    ]
