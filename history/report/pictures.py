"""What the pictures of the newest night show: numbers and words only, drawn on the page."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from harness.findings.ladder import climbed, rungs
from harness.findings.lead import does_the_work, line, name, ranked, ways
from harness.findings.ratio import Ratio, limit_share
from harness.findings.scaling import Growth, called_growth, speed_ups
from harness.frameworks import FRAMEWORKS, rank
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import Row
from history.report import condensing, words
from history.report.histories import COLOURS, colour, title
from history.report.slugs import slug

MIB = 2**20
ATTRIBUTION = "_attribution["  # in the node ids of the benchmark that climbs the ladders


def pictures(rows: Iterable[Row]) -> list[dict[str, Any]]:
    measured = {row.fullname: row.measurement for row in rows if row.measurement is not None and row.outcome is Outcome.OK}
    everything = list(measured.values())
    return [
        *_waterfalls(_of_attribution(measured)),
        *_strategies([each for node_id, each in measured.items() if ATTRIBUTION not in node_id]),
        *_scalings(everything),
        *_memory_curves(everything),
        *_sweeps(everything),
    ]


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
    """Images a second by number of workers, beside what the machine can do with as many threads."""
    by_comparison: dict[str, list[Measurement]] = {}
    for each in _in_order(measured):
        if each.scaling:
            by_comparison.setdefault(each.case.comparison, []).append(each)
    return [_scaling(comparison, sides) for comparison, sides in by_comparison.items()]


def _scaling(comparison: str, sides: Sequence[Measurement]) -> dict[str, Any]:
    series = [_series(side, [(float(point.workers), point.images_per_second) for point in side.scaling]) for side in sides]
    series.append(_limit_series(sides))
    heading = f"Worker scaling: {comparison.removeprefix('pipeline_scaling'.replace('_', ' ')).strip()}"
    told = "; ".join(f"{title(side.case.framework)} {_growth(called_growth(side))}" for side in sides)
    return _lines("scaling", comparison, series, "workers", "images/s", heading) | {"summary": f"{told}.", "table": _scaling_table(sides)}


def _growth(end: Growth | None) -> str:
    if end is None:
        return "was disturbed: where its growth stops is not called"
    return f"grows up to {end.last.workers} {'worker' if end.last.workers == 1 else 'workers'}: {end.why}"


def _limit_series(sides: Sequence[Measurement]) -> dict[str, Any]:
    """Each side measured it in its own turns: the mean of both."""
    limits: dict[int, list[float]] = {}
    for side in sides:
        for point in side.scaling:
            limits.setdefault(point.workers, []).append(point.limit_images_per_second)
    points = [(float(workers), statistics.fmean(found)) for workers, found in sorted(limits.items())]
    return _line("limit of the machine", COLOURS - 1, points) | {"dashed": True}


def _scaling_table(sides: Sequence[Measurement]) -> dict[str, Any]:
    return {
        "texts": [0],
        "head": [
            "framework",
            "workers",
            "images/s",
            "speed-up",
            "efficiency",
            "limit, images/s",
            "its speed-up",
            "its efficiency",
            "share of the limit",
            "busy cores",
            "CPU time an image",
        ],
        "body": [
            [
                title(side.case.framework),
                str(each.point.workers),
                words.plain(each.point.images_per_second),
                f"{each.speed_up:.2f}",
                f"{each.efficiency:.0%}",
                words.plain(each.point.limit_images_per_second),
                f"{each.limit_speed_up:.2f}",
                f"{each.limit_efficiency:.0%}",
                f"{each.share_of_limit:.0%}",
                f"{each.point.busy_cores:.2f}",
                words.seconds(each.point.cpu_seconds_per_image),
            ]
            for side in sides
            for each in speed_ups(side.scaling)
        ],
    }


def _strategies(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Each framework's ways to load the same images, by their share of the limit; none where only `matched` and `stock` were measured."""
    of_framework: dict[tuple[str, int], list[Measurement]] = {}
    for each in _in_order(ways(measured)):
        of_framework.setdefault((each.case.framework, each.case.batch_size), []).append(each)
    return [
        _bars(framework, batch_size, ranked(found))
        for (framework, batch_size), found in of_framework.items()
        if any(each.case.strategy for each in found)
    ]


def _bars(framework: str, batch_size: int, found: Sequence[Measurement]) -> dict[str, Any]:
    best = next((each for each in found if does_the_work(each)), None)
    share = limit_share(best) if best else None
    told = [f"Best is {name(best)}, {share.estimate:.0%} of what the machine can do."] if best and share else []
    if any(limit_share(each) and not does_the_work(each) for each in found):
        told.append("Grey ways do not do that work: other pixels, or images that are not made there.")
    return {
        "kind": "strategies",
        "id": slug(f"strategies {framework} bs{batch_size}"),
        "title": f"Ways to load the same images, {title(framework)} bs{batch_size}",
        "summary": " ".join(told),
        "x": "share of the limit",
        "colour": colour(framework),
        "bars": [
            {
                "label": name(each).replace("_", " "),
                "equal": does_the_work(each),
                "share": _bounds(found_share) if (found_share := limit_share(each)) else None,
            }
            for each in found
        ],
        "table": _strategies_table(found),
    }


def _strategies_table(found: Sequence[Measurement]) -> dict[str, Any]:
    figures = {
        "images/s": "images_per_second",
        "CPU time an image": "cpu_seconds_per_image",
        "first batch": "first_batch_seconds",
        "restart": "restart_seconds",
        "pixels off by": "pixel_difference_max",
    }
    return {
        "texts": [0, 8],
        "head": ["strategy", "share of the limit", "95 % interval", *figures, "what it is"],
        "body": [
            [
                name(each).replace("_", " "),
                *_share_cells(limit_share(each)),
                *(words.value(figure, condensing.figures(each).get(figure)) for figure in figures.values()),
                line(each.case) or words.NOTHING,
            ]
            for each in found
        ],
    }


def _share_cells(share: Ratio | None) -> tuple[str, str]:
    if share is None:
        return "not called", "disturbed, or too few turns"
    return f"{share.estimate:.1%}", f"{share.low:.1%} – {share.high:.1%}"


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
    return _line(title(measurement.case.framework), colour(measurement.case.framework), points)


def _line(heading: str, colour: int, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {"title": heading, "colour": colour, "x": [round(x, 4) for x, _ in points], "y": [float(f"{y:.6g}") for _, y in points]}


def _lines(kind: str, comparison: str, series: list[dict[str, Any]], x: str, y: str, heading: str) -> dict[str, Any]:
    highest = "; ".join(f"{each['title']} at most {max(each['y']):,.0f} {y}" for each in series)
    return {"kind": kind, "id": slug(f"{kind} {comparison}"), "title": heading, "summary": f"{highest}.", "x": x, "y": y, "series": series}
