"""A machine's newest figures and its newest run, as the index shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from harness.findings.comparison import title_of
from harness.findings.five_metrics import FiveMetrics, five_metrics
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING, size
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import Unfinished
from history.report.changes import MachineChanges
from history.report.commits import Commits
from history.report.figure_names import named
from history.report.histories import MachineHistory
from history.report.newest import Newest, NewestSide, date_of, newest
from history.report.night import Side
from history.report.phase_tables import PhaseTable, phase_tables
from history.report.since import Since, since


class MeterRow(msgspec.Struct, frozen=True):
    title: str
    framework: str
    date: str  # of an older run; "": of the newest
    readings: tuple[tuple[str, str, str, str], ...]  # meter, value, source, status


class Failure(msgspec.Struct, frozen=True):
    name: str
    framework: str
    outcome: str
    detail: str


class Environments(msgspec.Struct, frozen=True):
    """What the newest run's cases were measured in, a column a framework; where its cases differ, all values."""

    frameworks: tuple[str, ...]
    summary: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]


class Overview(msgspec.Struct, frozen=True):
    since: Since
    frameworks: tuple[str, ...]
    metrics: tuple[FiveMetrics, ...]  # those tables of which any metric was measured
    unmeasured_metrics: tuple[str, ...]  # that no table has
    dates: dict[str, str]  # of comparisons, by title, that are of an older run
    phases: tuple[PhaseTable, ...]
    older: int  # of the comparisons that the tables show, those that the newest run did not measure
    left_out: int  # comparisons that no run has measured for long
    meters: tuple[MeterRow, ...]
    failures: tuple[Failure, ...]
    unsupported: tuple[Failure, ...]
    missing: tuple[tuple[str, str, str, str], ...]  # case, framework, figure, why
    environments: Environments
    measured: int  # cases of the newest run
    cases: int
    checks: int  # of equal work, that hold
    weak: int  # of those that could hardly fail
    models: dict[str, str]  # titles by name
    unfinished: Unfinished | None  # where the session ended early: `cases` are those that it came to


def overview(machine: MachineHistory, changes: MachineChanges, commits: Commits, folder: Path) -> Overview:
    """changes: of the machine. Failures, checks and versions are the newest run's; all other figures are each case's newest."""
    found = newest(machine, folder)
    sides, last = machine.newest.sides, len(machine.nights) - 1
    shown = [(title_, each) for title_, each in _shown(found)]
    tonight = {each.side.name: each.measurement for _, each in shown if each.night == last and each.measurement}
    frameworks = ordered(each.side.framework for _, each in shown)
    failures = tuple(_failure(side) for side in sides if side.outcome not in (Outcome.OK, Outcome.UNSUPPORTED))
    every = five_metrics(
        (each for comparison in found.comparisons for each in comparison.compared if comparison.title == title_of(each.case)),
        found.verdict,
    )
    return Overview(
        since=since(machine, changes, len(failures), commits),
        frameworks=frameworks,
        metrics=tuple(table for table in every if table.is_measured),
        unmeasured_metrics=_unmeasured(every),
        dates={each.title: date for each in found.comparisons if (date := date_of(machine, each.together))},
        phases=phase_tables(machine, found, frameworks, changes.changes),
        older=sum(each.newest != last for each in found.comparisons),
        left_out=found.left_out,
        meters=tuple(_meters(machine, shown)),
        failures=failures,
        unsupported=tuple(_failure(side) for side in sides if side.outcome is Outcome.UNSUPPORTED),
        missing=tuple(_missing(sides, tonight)),
        environments=_environments(machine, ordered(side.framework for side in sides)),
        measured=sum(side.outcome is Outcome.OK for side in sides),
        cases=len(sides),
        checks=sum(side.checks or 0 for side in sides),
        weak=sum(bool(check.weak) for each in tonight.values() if each.equal_work for check in each.equal_work.checks),
        models=machine.newest.models,
        unfinished=machine.newest.unfinished,
    )


def _shown(found: Newest) -> Iterable[tuple[str, NewestSide]]:
    """The comparison's title and each of its sides."""
    return ((comparison.title, side) for comparison in found.comparisons for side in comparison.sides.values())


def _unmeasured(tables: Sequence[FiveMetrics]) -> tuple[str, ...]:
    measured = {metric.name for table in tables for metric in table.metrics if metric.source}
    return tuple(dict.fromkeys(metric.name for table in tables for metric in table.metrics if metric.name not in measured))


def _meters(machine: MachineHistory, shown: Iterable[tuple[str, NewestSide]]) -> Iterable[MeterRow]:
    for comparison, each in shown:
        measurement = each.measurement
        if measurement is not None and measurement.readings:
            meters = named((reading.name for reading in measurement.readings), [measurement.item])
            readings = tuple(
                (meters[one.name].title, NOTHING if one.value_bytes is None else size(one.value_bytes), one.source, one.status)
                for one in measurement.readings
            )
            yield MeterRow(comparison, title(each.side.framework), date_of(machine, each.night), readings)


def _missing(sides: Sequence[Side], measurements: dict[str, Measurement]) -> Iterable[tuple[str, str, str, str]]:
    for side in sides:
        measurement = measurements.get(side.name)
        if measurement is not None:
            figures = named(measurement.missing, [measurement.item])
            yield from ((side.comparison, title(side.framework), figures[name].title, why) for name, why in measurement.missing.items())


def _failure(side: Side) -> Failure:
    return Failure(side.comparison, title(side.framework), str(side.outcome).replace("_", " "), side.detail)


def _environments(machine: MachineHistory, frameworks: tuple[str, ...]) -> Environments:
    night = machine.newest
    found: dict[str, dict[str, list[str]]] = {}
    for framework in frameworks:
        for index in sorted({side.environment for side in night.sides if side.framework == framework}):
            for field, value in night.environments[index].items():
                values = found.setdefault(field, {}).setdefault(framework, [])
                if value not in values:
                    values.append(value)
    fields = tuple(
        (field.replace("_", " "), tuple(" | ".join(found[field].get(framework, [NOTHING])) for framework in frameworks))
        for field in sorted(found)
    )
    versions = [" | ".join(each) for each in found.get("framework", {}).values()]
    return Environments(frameworks, ", ".join(versions), fields)
