"""Speed by number of workers, beside what the machine can do with as many threads."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from harness.findings.comparison import Comparison, comparisons, heading_of
from harness.findings.models import headed, told_apart
from harness.findings.scaling import Growth, called_growth, speed_ups
from harness.findings.sides import title
from harness.record.figure import Unit, seconds, worded, written
from harness.record.measurement import Measurement
from history.report.pictures.plots import NAMED_BEHIND, columns, lines, series

OF_THE_MACHINE = "limit"  # no framework's colour


def scalings(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    titles = told_apart(measured)
    scaled = comparisons(each for each in measured if each.scaling)
    return [_scaling(comparison, titles[comparison.reference.case.model]) for comparison in scaled]


def _scaling(comparison: Comparison, model: str) -> dict[str, Any]:
    """model: its title, where it needs telling."""
    sides, speed = comparison.sides, f"{comparison.reference.item}s/s"
    drawn = [series(side, [(float(point.workers), point.images_per_second) for point in side.scaling]) for side in sides]
    heading = headed(f"Worker scaling: {heading_of(comparison.reference.case, NAMED_BEHIND)}", model)
    told = "; ".join(f"{title(side.case.framework)} {_growth(called_growth(side))}" for side in sides)
    picture = lines("scaling", comparison.title, [*drawn, _limit(sides)], "workers", speed, heading)
    return picture | {"summary": f"{told}.", "table": _table(sides, speed)}


def _growth(end: Growth | None) -> str:
    if end is None:
        return "was disturbed: where its growth stops is not called"
    return f"grows up to {end.last.workers} {'worker' if end.last.workers == 1 else 'workers'}: {end.why}"


def _limit(sides: Sequence[Measurement]) -> dict[str, Any]:
    """Each side measured it in its own turns: the mean of all."""
    limits: dict[int, list[float]] = {}
    for side in sides:
        for point in side.scaling:
            limits.setdefault(point.workers, []).append(point.limit_images_per_second)
    points = [(float(workers), statistics.fmean(found)) for workers, found in sorted(limits.items())]
    return {"title": "limit of the machine", "colour": OF_THE_MACHINE, "dashed": True, **columns(points)}


def _table(sides: Sequence[Measurement], speed: str) -> dict[str, Any]:
    return {
        "texts": [0],
        "head": [
            "framework",
            "workers",
            speed,
            "speed-up",
            "efficiency",
            f"limit, {speed}",
            "its speed-up",
            "its efficiency",
            "share of the limit",
            "busy cores",
            worded("CPU time {an_item}", sides[0].item),
        ],
        "body": [
            [
                title(side.case.framework),
                str(each.point.workers),
                written(Unit.RATE, each.point.images_per_second),
                f"{each.speed_up:.2f}",
                f"{each.efficiency:.0%}",
                written(Unit.RATE, each.point.limit_images_per_second),
                f"{each.limit_speed_up:.2f}",
                f"{each.limit_efficiency:.0%}",
                f"{each.share_of_limit:.0%}",
                f"{each.point.busy_cores:.2f}",
                seconds(each.point.cpu_seconds_per_image),
            ]
            for side in sides
            for each in speed_ups(side.scaling)
        ],
    }
