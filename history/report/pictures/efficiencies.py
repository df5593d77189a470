"""How well ranks scale: efficiency against their number, beside the ideal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.findings.efficiency import MEANING, Better, Efficiency, Kind, efficiencies, in_short
from harness.findings.figures import items_per_second
from harness.findings.models import headed
from harness.findings.ranks import places, work_of
from harness.findings.sides import title
from harness.record.case import Case
from harness.record.exchange import exchange_of
from harness.record.figure import NOTHING, Unit, written
from harness.record.measurement import Measurement
from history.report.marks.slugs import slug
from history.report.pictures.plots import side

PERCENT = 100
NAMES = {Kind.STRONG: "strong", Kind.WEAK: "weak (dashed)"}
IDEAL = {"title": "ideal", "colour": "limit", "dashed": True}  # no framework's colour


def rank_efficiencies(measured: Sequence[Measurement], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One for each kind of work. titles: of the models, where they need telling (`models.told_apart`)."""
    by_work: dict[tuple[str, str], list[Efficiency]] = {}
    for each in efficiencies(measured):
        by_work.setdefault((each.several.case.model, work_of(each.several.case)), []).append(each)
    return [_picture(headed(work, titles[model]), found) for (model, work), found in by_work.items()]


def _picture(work: str, found: Sequence[Efficiency]) -> dict[str, Any]:
    lines = _lines(found)
    ranks = [x for each in lines for x in each["x"]]
    ideal = IDEAL | {"x": [1.0, max(ranks, default=1.0)], "y": [PERCENT, PERCENT]}
    return {
        "kind": "efficiency",
        "id": slug(f"efficiency {work}"),
        "title": f"Efficiency by ranks: {work}",
        "summary": _summary(found),
        "x": "ranks",
        "y": "efficiency, % of the ideal",
        "series": [*lines, ideal],
        "table": _table(found),
    }


def _lines(found: Sequence[Efficiency]) -> list[dict[str, Any]]:
    """One for each framework, kind and batch of the single rank; other ways to exchange are in the table."""
    series: dict[tuple[str, Kind, Case], list[Efficiency]] = {}
    for each in found:
        if each.several.case.exchange is None and each.value is not None:
            series.setdefault((each.several.case.framework, each.kind, each.one.case), []).append(each)
    return [
        side(framework) | {"title": f"{title(framework)}, {NAMES[kind]}, bs{one.batch_size}", "dashed": kind is Kind.WEAK} | _points(line)
        for (framework, kind, one), line in series.items()
    ]


def _points(line: Sequence[Efficiency]) -> dict[str, list[float | None]]:
    """From the single rank on, whose efficiency is 1 by its meaning, and has no interval."""
    values = [(each.several.case.ranks, each.value) for each in sorted(line, key=lambda each: each.several.case.ranks) if each.value]
    return {
        "x": [1.0, *(float(ranks) for ranks, _ in values)],
        "y": [PERCENT, *(PERCENT * value.estimate for _, value in values)],
        "low": [None, *(PERCENT * value.low for _, value in values)],
        "high": [None, *(PERCENT * value.high for _, value in values)],
    }


def _summary(found: Sequence[Efficiency]) -> str:
    told = [_better(each) for each in in_short(found)]
    shared = {each.several.case.ranks: places(each.several) for each in found if each.is_shared}
    told += [f"{ranks} ranks shared {where}: that is no scaling" for ranks, where in sorted(shared.items())]
    return " ".join([*(f"{'; '.join(told)}." for _ in told[:1]), *MEANING])


def _better(found: Better) -> str:
    return f"{found.kind}, {found.case.ranks} ranks bs{found.case.batch_size}: {found.verdict.text}"


def _table(found: Sequence[Efficiency]) -> dict[str, Any]:
    speed = f"{found[0].several.item}s/s"
    return {
        "texts": [0, 1, 4, 9],
        "head": [
            "framework",
            "scaling",
            "ranks",
            "batch",
            "exchange",
            speed,
            f"{speed} of one rank",
            "efficiency",
            "95 % interval",
            "ran on",
        ],
        "body": [_row(each) for each in found],
    }


def _row(found: Efficiency) -> list[str]:
    case, value = found.several.case, found.value
    speeds = (items_per_second(each) for each in (found.several, found.one))
    return [
        title(case.framework),
        found.kind,
        str(case.ranks),
        str(case.batch_size),
        exchange_of(case),
        *(NOTHING if speed is None else written(Unit.RATE, speed) for speed in speeds),
        found.why_not if value is None else f"{value.estimate:.0%}",
        NOTHING if value is None else f"{value.low:.0%} – {value.high:.0%}",
        f"{places(found.several)}{', shared' if found.is_shared else ''}" or NOTHING,
    ]
