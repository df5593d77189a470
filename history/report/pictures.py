"""What the pictures of the newest night show: numbers and words only, drawn on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fixtures.frameworks import FRAMEWORKS, rank
from fixtures.ladder import climbed, rungs
from fixtures.measurement import Measurement, Outcome
from fixtures.ratio import Ratio
from history.records import Row
from history.report import words
from history.report.histories import title
from history.report.slugs import slug

_WORKERS = re.compile(r"images_per_second_(?:with_)?(\d+)_(?:workers?|threads?)|images_per_second_workers_(\d+)")
MIB = 2**20
ATTRIBUTION = "_attribution["  # in the node ids of the benchmark that climbs the ladders


def pictures(rows: Iterable[Row]) -> list[dict[str, Any]]:
    measured = {row.fullname: row.measurement for row in rows if row.measurement is not None and row.outcome is Outcome.OK}
    everything = list(measured.values())
    return [*_waterfalls(_of_attribution(measured)), *_scalings(everything), *_memory_curves(everything), *_sweeps(everything)]


def _of_attribution(measured: dict[str, Measurement]) -> list[Measurement]:
    """The ends of a ladder are measured by other benchmarks too: the rungs' neighbours are meant."""
    own = [each for name, each in measured.items() if ATTRIBUTION in name]
    return own or list(measured.values())


def _waterfalls(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """The ratio at each rung of a ladder, from `stock` to `matched`: the step between two rungs is what a source was worth."""
    found = []
    for phase in climbed(measured):
        steps = [(rung, rung.ratio) for rung in rungs(phase, measured) if rung.ratio is not None]
        if len(steps) > 1:
            found.append(
                {
                    "kind": "waterfall",
                    "id": slug(f"waterfall {phase}"),
                    "title": f"{words.PHASES[phase][0]}: from stock to matched",
                    "summary": _waterfall_summary([(rung.name, value) for rung, value in steps]),
                    "numerator": _titles()[0],
                    "denominator": _titles()[1],
                    "steps": [{"label": rung.name.replace("_", " "), "meaning": rung.meaning, **_bounds(value)} for rung, value in steps],
                }
            )
    return found


def _titles() -> tuple[str, str]:
    first, second = [listing.title for listing in FRAMEWORKS.values()][:2]
    return first, second


def _waterfall_summary(steps: Sequence[tuple[str, Ratio]]) -> str:
    first, second = _titles()
    last = steps[-1][1]
    rest = (
        "the interval of what is left holds 1: no difference shown"
        if last.low <= 1 <= last.high
        else "what is left is the frameworks' own difference"
    )
    return (
        f"{first}'s cost over {second}'s is {steps[0][1].estimate:.2f} at {steps[0][0]} and {last.estimate:.2f} at {steps[-1][0]}: {rest}."
    )


def _bounds(value: Ratio) -> dict[str, float]:
    return {"estimate": value.estimate, "low": value.low, "high": value.high}


def _scalings(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Images a second by number of workers, from figures that name the number."""
    by_comparison: dict[str, list[dict[str, Any]]] = {}
    for each in _in_order(measured):
        points = sorted((int(match[1] or match[2]), value) for name, value in each.figures.items() if (match := _WORKERS.fullmatch(name)))
        if points:
            by_comparison.setdefault(each.case.comparison, []).append(_series(each, points))
    return [
        _lines("scaling", comparison, series, "workers", "images/s", f"Worker scaling: {comparison}")
        for comparison, series in by_comparison.items()
    ]


def _memory_curves(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    by_comparison: dict[str, list[dict[str, Any]]] = {}
    for each in _in_order(measured):
        if each.memory_curve:
            points = [(point.seconds, point.used_bytes / MIB) for point in each.memory_curve]
            by_comparison.setdefault(each.case.comparison, []).append(_series(each, points))
    return [
        _lines("memory", comparison, series, "seconds", "MiB", f"Device memory over time: {comparison}")
        for comparison, series in by_comparison.items()
    ]


def _sweeps(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    by_comparison: dict[str, list[dict[str, Any]]] = {}
    for each in _in_order(measured):
        tried = sorted(each.sweep, key=lambda point: point.batch_size)
        points = [(float(point.batch_size), point.images_per_second) for point in tried if point.images_per_second is not None]
        if points:
            refused = [point.batch_size for point in tried if point.outcome is not Outcome.OK]
            series = _series(each, points) | {"largest": int(points[-1][0]), "refused": min(refused) if refused else None}
            by_comparison.setdefault(each.case.comparison, []).append(series)
    return [
        _lines("sweep", comparison, series, "batch size", "images/s", f"Batch sizes up to the largest that fits: {comparison}")
        for comparison, series in by_comparison.items()
    ]


def _in_order(measured: Sequence[Measurement]) -> list[Measurement]:
    return sorted(measured, key=lambda each: rank(each.case.framework))


def _series(measurement: Measurement, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {
        "framework": measurement.case.framework,
        "title": title(measurement.case.framework),
        "x": [round(x, 4) for x, _ in points],
        "y": [float(f"{y:.6g}") for _, y in points],
    }


def _lines(kind: str, comparison: str, series: list[dict[str, Any]], x: str, y: str, heading: str) -> dict[str, Any]:
    highest = "; ".join(f"{each['title']} at most {max(each['y']):,.0f} {y}" for each in series)
    return {"kind": kind, "id": slug(f"{kind} {comparison}"), "title": heading, "summary": f"{highest}.", "x": x, "y": y, "series": series}
