"""From a file's rows to what is kept of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping

from harness.findings.comparison import in_order, title_of
from harness.findings.figures import figures
from harness.findings.models import model_titles
from harness.findings.ratio import ratio
from harness.findings.watched import Watched, values, watched
from harness.record.case import Style
from harness.record.outcome import Outcome
from history.records import Row, Run
from history.report.night import Night, Side, SideRatio

Environment = tuple[tuple[str, str], ...]


def condensed(run: Run) -> Night:
    environments: dict[Environment, int] = {}
    hows: dict[Watched, int] = {}
    sides = tuple(_side(row, environments, hows) for row in run.rows)
    return Night(
        identity=run.identity,
        datetime=run.datetime,
        commit=run.commit,
        commit_time=run.commit_time,
        branch=run.branch,
        machine=run.machine,
        schema_version=run.schema_version,
        environments=tuple(dict(environment) for environment in environments),
        hows=tuple(hows),
        items=tuple(sorted({row.measurement.item for row in run.rows if row.measurement})),
        models=model_titles(row.measurement for row in run.rows if row.measurement),
        sides=sides,
        ratios=_ratios(run.rows),
        condensed=run.condensed,
        unfinished=run.unfinished,
    )


def comparison(row: Row) -> str:
    """What the sides have in common. Benchmarks of another name than their phase's measure some cases again: they are apart.

    Not those of strategies, which nothing else measures.
    """
    if row.measurement is None:
        return row.fullname
    case = row.measurement.case
    function = row.fullname.rpartition("::")[2].partition("[")[0].removeprefix("test_")
    own = function == case.phase or case.style is Style.STRATEGY
    return title_of(case) if own else f"{title_of(case)} ({function.replace('_', ' ')})"


def _side(row: Row, environments: dict[Environment, int], hows: dict[Watched, int]) -> Side:
    measurement = row.measurement
    value, low, high = _watched(row)
    environment = tuple(sorted(measurement.environment.items())) if measurement else ()
    return Side(
        name=row.fullname,
        comparison=comparison(row),
        framework=measurement.case.framework if measurement else "",
        case=measurement.case if measurement else None,
        outcome=row.outcome,
        detail=row.detail,
        how=hows.setdefault(watched(measurement), len(hows)),
        value=value,
        low=low,
        high=high,
        disturbed=row.condensed.disturbed if row.condensed else measurement is not None and measurement.disturbed,
        figures=_figures(row),
        environment=environments.setdefault(environment, len(environments)),
        checks=len(measurement.equal_work.checks) if measurement and measurement.equal_work else None,
    )


def _figures(row: Row) -> dict[str, float]:
    if row.measurement is None:
        return {}
    return row.measurement.figures if row.condensed else figures(row.measurement)


def _watched(row: Row) -> tuple[float | None, float | None, float | None]:
    """Median and quartiles."""
    if row.condensed:
        return row.condensed.value, row.condensed.low, row.condensed.high
    found = values(row.measurement, row.step_seconds) if row.outcome is Outcome.OK else ()
    if not found:
        return None, None, None
    if len(found) == 1:
        return found[0], found[0], found[0]
    low, median, high = statistics.quantiles(found, n=4, method="inclusive")
    return median, low, high


def _ratios(rows: Iterable[Row]) -> dict[str, tuple[SideRatio, ...]]:
    """Of the reference over each other side that was measured."""
    sides: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.measurement is not None and row.outcome is Outcome.OK:
            sides.setdefault(comparison(row), {})[row.measurement.case.framework] = row
    found = {name: tuple(_of_reference(by_framework)) for name, by_framework in sides.items()}
    return {name: ratios for name, ratios in found.items() if ratios}


def _of_reference(rows: Mapping[str, Row]) -> Iterator[SideRatio]:
    reference, *others = in_order(row.measurement for row in rows.values() if row.measurement is not None)
    for other in others:
        framework, kept = other.case.framework, rows[other.case.framework].condensed
        name, found = (kept.reference, kept.ratio) if kept else (reference.case.framework, ratio(reference, other))
        if found is not None:
            yield SideRatio(name, framework, found)
