"""Each framework's ways to load the same images, by their share of the limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.findings.figures import shown
from harness.findings.lead import does_the_work, line, name, ranked, ways
from harness.findings.models import headed, told_apart
from harness.findings.ratio import Ratio, limit_share
from harness.findings.sides import title
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement
from history.report.marks.colours import colour
from history.report.marks.slugs import slug
from history.report.pictures.plots import bounds

SHARE = "share_of_limit"  # the figure that the bars are of


def strategies(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """None where only `matched` and `stock` were measured."""
    titles = told_apart(measured)
    of_framework: dict[tuple[str, str, int], list[Measurement]] = {}
    for each in ways(measured):
        of_framework.setdefault((each.case.model, each.case.framework, each.case.batch_size), []).append(each)
    return [
        _bars(framework, batch_size, titles[model], ranked(found))
        for (model, framework, batch_size), found in of_framework.items()
        if any(each.case.strategy for each in found)
    ]


def _bars(framework: str, batch_size: int, model: str, found: Sequence[Measurement]) -> dict[str, Any]:
    """model: its title, where it needs telling."""
    best = next((each for each in found if does_the_work(each)), None)
    share = limit_share(best) if best else None
    told = [f"Best is {name(best)}, {share.estimate:.0%} of what the machine can do."] if best and share else []
    if any(limit_share(each) and not does_the_work(each) for each in found):
        told.append("Grey ways do not do that work: other pixels, or images that are not made there.")
    return {
        "kind": "strategies",
        "id": slug(f"strategies {headed(framework, model)} bs{batch_size}"),
        "title": headed(f"Ways to load the same images, {title(framework)} bs{batch_size}", model),
        "summary": " ".join(told),
        "x": "share of the limit",
        "colour": colour(framework),
        "bars": [
            {
                "label": name(each).replace("_", " "),
                "equal": does_the_work(each),
                "share": bounds(found_share) if (found_share := limit_share(each)) else None,
            }
            for each in found
        ],
        "table": _table(found),
    }


def _table(found: Sequence[Measurement]) -> dict[str, Any]:
    """With all that the phase's own table shows."""
    rows = [{each.title: each.text for each in shown(way) if SHARE not in each.names} for way in found]
    figures = list(dict.fromkeys(heading for row in rows for heading in row))
    return {
        "texts": [0, 3 + len(figures)],
        "head": ["strategy", "share of the limit", "95 % interval", *figures, "what it is"],
        "body": [
            [
                name(way).replace("_", " "),
                *_share_cells(limit_share(way)),
                *(row.get(figure, NOTHING) for figure in figures),
                line(way.case) or NOTHING,
            ]
            for way, row in zip(found, rows, strict=True)
        ],
    }


def _share_cells(share: Ratio | None) -> tuple[str, str]:
    if share is None:
        return "not called", "disturbed, or too few turns"
    return f"{share.estimate:.1%}", f"{share.low:.1%} – {share.high:.1%}"
