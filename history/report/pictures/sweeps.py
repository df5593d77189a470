"""Speed by batch size, up to the largest that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.findings.comparison import comparisons
from harness.findings.models import told_apart
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.report.pictures.plots import heading, lines, series


def sweeps(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    titles = told_apart(measured)
    return [
        lines(
            "sweep",
            comparison.title,
            list(map(_series, comparison.sides)),
            "batch size",
            f"{comparison.reference.item}s/s",
            heading("Batch sizes up to the largest that fits", comparison, titles),
        )
        for comparison in comparisons(each for each in measured if _points(each))
    ]


def _series(side: Measurement) -> dict[str, Any]:
    points = _points(side)
    refused = [point.batch_size for point in side.sweep if point.outcome is not Outcome.OK]
    return series(side, points) | {"largest": int(points[-1][0]), "refused": min(refused, default=None)}


def _points(side: Measurement) -> list[tuple[float, float]]:
    tried = sorted(side.sweep, key=lambda point: point.batch_size)
    return [(float(point.batch_size), point.images_per_second) for point in tried if point.images_per_second is not None]
