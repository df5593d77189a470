"""The exchange between ranks as part of their step: a bar for each number of ranks, batch and way to exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.findings.exchange import NONE_SHOWN, Exchange, exchange, has_exchange, in_percent, why_not
from harness.findings.models import headed
from harness.findings.ranks import work_of
from harness.findings.sides import title
from harness.record.case import Case
from harness.record.figure import NOTHING, Unit, seconds, written
from harness.record.measurement import Measurement
from history.report.marks.colours import colour
from history.report.marks.slugs import slug

HEAD = (
    "ranks",
    "step without exchange",
    "waits for the exchange",
    "of the step",
    "95 % interval",
    "exchange alone",
    "exchange hidden",
    "95 % interval",
    "bandwidth, alone",
    "slowest rank's lag",
)


def exchanges(measured: Sequence[Measurement], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One for each framework and kind of work. titles: of the models, where they need telling (`models.told_apart`)."""
    found: dict[tuple[str, str, str], list[Measurement]] = {}
    for each in measured:
        if has_exchange(each):
            found.setdefault((each.case.model, work_of(each.case), each.case.framework), []).append(each)
    return [_bars(framework, headed(work, titles[model]), own) for (model, work, framework), own in found.items()]


def _bars(framework: str, work: str, measured: Sequence[Measurement]) -> dict[str, Any]:
    ordered = sorted(measured, key=lambda each: (each.case.ranks, each.case.batch_size, each.case.exchange or ""))
    rows = [(each, exchange(each)) for each in ordered]
    return {
        "kind": "exchange",
        "id": slug(f"exchange {work} {framework}"),
        "title": f"Exchange as part of the step, {title(framework)}: {work}",
        "summary": "How much of the step its ranks wait for the exchange of gradients, with its 95 % interval. The whole bar is the step.",
        "x": "share of the step",
        "colour": colour(framework),
        "bars": [{"label": _label(each.case), "equal": True, "share": _share(found)} for each, found in rows],
        "table": {"texts": [0], "head": HEAD, "body": [[_label(each.case), *_cells(each, found)] for each, found in rows]},
    }


def _label(case: Case) -> str:
    way = f" {case.exchange.replace('_', ' ')}" if case.exchange else ""
    return f"{case.ranks} ranks bs{case.batch_size}{way}"


def _share(found: Exchange | None) -> dict[str, float] | None:
    """None where it is not called."""
    if found is None:
        return None
    share = found.exposed_share
    return {"estimate": share.estimate, "low": share.low, "high": share.high}


def _cells(measurement: Measurement, found: Exchange | None) -> list[str]:
    if found is None:
        return [f"not called: {why_not(measurement)}", *[NOTHING] * (len(HEAD) - 2)]
    return [
        seconds(found.without_seconds),
        seconds(found.exposed_seconds.estimate),
        f"{found.exposed_share.estimate:.1%}",
        in_percent(found.exposed_share),
        seconds(found.alone_seconds),
        f"{found.hidden_share.estimate:.0%}" if found.is_hiding_told else "cannot be told",
        in_percent(found.hidden_share),
        written(Unit.BANDWIDTH, found.bytes_per_second) if found.bytes_per_second else NOTHING,
        (seconds(found.lag.seconds.estimate) if found.lag.is_shown else NONE_SHOWN) if found.lag else NOTHING,
    ]
