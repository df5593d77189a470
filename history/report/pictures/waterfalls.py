"""A ladder as a waterfall: the ratio at each rung, from `stock` to `matched`; the step between two rungs is what a source was worth.

One for each side that the reference is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.findings.ladder import Ladder, Rung, ladders
from harness.findings.ratio import Ratio
from harness.findings.sides import title
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement
from history.report.marks.slugs import slug
from history.report.pictures.plots import bounds, side

Steps = Sequence[tuple[Rung, Ratio]]


def waterfalls(measured: Iterable[Measurement], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """titles: of the models, where they need telling (`models.told_apart`)."""
    found = []
    for ladder in ladders(measured, titles):
        for other in ladder.others:
            steps = [(rung, ratio) for rung in ladder.rungs if (ratio := rung.ratios[other]) is not None]
            if len(steps) > 1:
                found.append(_waterfall(ladder, other, steps))
    return found


def _waterfall(ladder: Ladder, other: str, steps: Steps) -> dict[str, Any]:
    against = f", {title(ladder.reference)} / {title(other)}" if len(ladder.others) > 1 else ""
    return {
        "kind": "waterfall",
        "id": slug(f"waterfall {ladder.heading} {other}"),
        "title": f"{ladder.heading}: from stock to matched{against}",
        "summary": _summary(title(ladder.reference), title(other), steps),
        "numerator": side(ladder.reference),
        "denominator": side(other),
        "steps": [{"label": _label(rung), **bounds(ratio)} for rung, ratio in steps],
        "table": _table(ladder, other),
    }


def _label(rung: Rung) -> str:
    return rung.name.replace("_", " ")


def _summary(reference: str, other: str, steps: Steps) -> str:
    (foot, first), (top, last) = steps[0], steps[-1]
    rest = (
        "the interval of what is left holds 1: no difference shown"
        if last.low <= 1 <= last.high
        else "what is left is the frameworks' own difference"
    )
    return f"{reference}'s cost over {other}'s is {first.estimate:.2f} at {_label(foot)} and {last.estimate:.2f} at {_label(top)}: {rest}."


def _table(ladder: Ladder, other: str) -> dict[str, Any]:
    """All rungs: those that are not drawn say why."""
    sides = (ladder.reference, other)
    return {
        "texts": [0, 6],
        "head": ["neutral up to", *map(title, sides), "ratio", "95 % interval", "what it was worth", "habits → neutral"],
        "body": [[_label(rung), *(rung.values[each] for each in sides), *_cells(rung, other), rung.meaning] for rung in ladder.rungs],
    }


def _cells(rung: Rung, other: str) -> tuple[str, str, str]:
    ratio, worth = rung.ratios[other], rung.worths[other]
    if ratio is None:
        return rung.reasons[other], NOTHING, NOTHING
    return f"{ratio.estimate:.3f}", ratio.interval, NOTHING if worth is None else f"× {worth:.3f}"
