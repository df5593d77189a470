"""What a plot is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.findings.comparison import Comparison, title_of
from harness.findings.models import headed
from harness.findings.ratio import Ratio
from harness.findings.sides import title
from harness.record.measurement import Measurement
from history.report.marks.colours import colour
from history.report.marks.slugs import slug

NAMED_BEHIND = frozenset({"model"})  # the axes that a picture's title names behind those of the case


def heading(what: str, comparison: Comparison, titles: Mapping[str, str]) -> str:
    """titles: of the models, where they need telling (`models.told_apart`)."""
    case = comparison.reference.case
    return headed(f"{what}: {title_of(case, NAMED_BEHIND)}", titles[case.model])


def bounds(value: Ratio) -> dict[str, float]:
    return {"estimate": value.estimate, "low": value.low, "high": value.high}


def side(framework: str) -> dict[str, Any]:
    return {"title": title(framework), "colour": colour(framework)}


def series(measurement: Measurement, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return side(measurement.case.framework) | columns(points)


def columns(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {"x": [round(x, 4) for x, _ in points], "y": [float(f"{y:.6g}") for _, y in points]}


def lines(kind: str, comparison: str, drawn: list[dict[str, Any]], x: str, y: str, heading: str) -> dict[str, Any]:
    highest = "; ".join(f"{each['title']} at most {max(each['y']):,.0f} {y}" for each in drawn)
    return {"kind": kind, "id": slug(f"{kind} {comparison}"), "title": heading, "summary": f"{highest}.", "x": x, "y": y, "series": drawn}
