"""A case's nights as a line of a few pixels: drawn here, so that the index needs no script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from harness.findings.sides import title
from harness.record.figure import Figure
from history.report.figure_names import with_unit
from history.report.marks.colours import colour

WIDTH, HEIGHT, MARGIN = 120.0, 26.0, 3.0
MOST_NIGHTS = 60
LEAST_LOG_RANGE = 0.10  # a quiet case is a flat line, not a magnified noise


class Line(msgspec.Struct, frozen=True):
    colour: int  # the framework's, everywhere on the site
    path: str
    alone: tuple[tuple[float, float], ...]  # points without a neighbour, of which no line is drawn
    end: tuple[float, float] | None


class Sparkline(msgspec.Struct, frozen=True):
    lines: tuple[Line, ...]
    said: str  # the same in words
    mark: float | None = None  # where a level changed, from the left
    width: float = WIDTH
    height: float = HEIGHT


def sparkline(series: Mapping[str, Sequence[float | None]], figure: Figure, changed: int | None = None) -> Sparkline:
    """By framework: a value a night, None for a night without. All on one logarithmic scale. changed: the first night on a new level."""
    recent = {framework: values[-MOST_NIGHTS:] for framework, values in series.items()}
    logs = [math.log(value) for values in recent.values() for value in values if value]
    if not logs:
        return Sparkline((), "no number in any night")
    middle, reach = (max(logs) + min(logs)) / 2, max(max(logs) - min(logs), LEAST_LOG_RANGE) / 2
    lines = tuple(_line(framework, values, middle, reach) for framework, values in recent.items())
    nights = max(map(len, series.values()))
    first = max(nights - MOST_NIGHTS, 0)
    mark = None if changed is None or changed <= first else MARGIN + (changed - first - 0.5) * _step(nights - first)
    return Sparkline(lines, "; ".join(_said(framework, values, figure) for framework, values in recent.items() if any(values)), mark=mark)


def _said(framework: str, values: Sequence[float | None], figure: Figure) -> str:
    measured = [value for value in values if value]
    whose = f"{title(framework)}, " if framework else ""
    if len(measured) == 1:
        return f"{whose}one night: {with_unit(figure, measured[0])}"
    low, high = (with_unit(figure, bound) for bound in (min(measured), max(measured)))
    return f"{whose}{len(measured)} nights: {low} to {high}, the newest {with_unit(figure, measured[-1])}"


def _line(framework: str, values: Sequence[float | None], middle: float, reach: float) -> Line:
    step = _step(len(values))
    parts: list[str] = []
    end: tuple[float, float] | None = None
    alone: list[tuple[float, float]] = []
    pen_down = False
    for index, value in enumerate(values):
        if not value:
            pen_down = False
            continue
        x = MARGIN + index * step
        y = HEIGHT / 2 - (math.log(value) - middle) / reach * (HEIGHT / 2 - MARGIN)
        parts.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        if not any(values[max(index - 1, 0) : index]) and not any(values[index + 1 : index + 2]):
            alone.append((round(x, 1), round(y, 1)))
        end, pen_down = (round(x, 1), round(y, 1)), True
    return Line(colour(framework), "".join(parts), tuple(alone), end)


def _step(nights: int) -> float:
    return (WIDTH - 2 * MARGIN) / max(nights - 1, 1)
