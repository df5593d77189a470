"""The newest night of a machine, as the index shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.findings.five_metrics import FiveMetrics, five_metrics
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING, size
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import TO_SHOW, Unfinished, read
from history.report.figure_names import named
from history.report.histories import MachineHistory
from history.report.night import Side
from history.report.phase_tables import PhaseTable, phase_tables


class MeterRow(msgspec.Struct, frozen=True):
    title: str
    framework: str
    readings: tuple[tuple[str, str, str, str], ...]  # meter, value, source, status


class Failure(msgspec.Struct, frozen=True):
    name: str
    framework: str
    outcome: str
    detail: str


class Overview(msgspec.Struct, frozen=True):
    frameworks: tuple[str, ...]
    metrics: tuple[FiveMetrics, ...]
    phases: tuple[PhaseTable, ...]
    meters: tuple[MeterRow, ...]
    failures: tuple[Failure, ...]
    unsupported: tuple[Failure, ...]
    missing: tuple[tuple[str, str, str, str], ...]  # case, framework, figure, why
    environments: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # framework, what its cases share
    measured: int
    cases: int
    checks: int  # of equal work, that hold
    weak: int  # of those that could hardly fail
    models: dict[str, str]  # titles by name
    unfinished: Unfinished | None  # where the session ended early: `cases` are those that it came to


def overview(machine: MachineHistory, folder: Path) -> Overview:
    """Reads the newest night's file once more, whole: what is not kept of every night is shown of this one."""
    run = read(folder / machine.nights[-1].source, TO_SHOW)
    measurements = {row.fullname: row.measurement for row in run.rows if row.measurement is not None}
    sides = machine.newest.sides
    frameworks = ordered(side.framework for side in sides)
    return Overview(
        frameworks=frameworks,
        metrics=tuple(five_metrics(measurements.values())),
        phases=phase_tables(machine, measurements, frameworks),
        meters=tuple(_meters(sides, measurements)),
        failures=tuple(_failure(side) for side in sides if side.outcome not in (Outcome.OK, Outcome.UNSUPPORTED)),
        unsupported=tuple(_failure(side) for side in sides if side.outcome is Outcome.UNSUPPORTED),
        missing=tuple(_missing(sides, measurements)),
        environments=tuple(_environments(machine, frameworks)),
        measured=sum(side.outcome is Outcome.OK for side in sides),
        cases=len(sides),
        checks=sum(side.checks or 0 for side in sides),
        weak=sum(bool(check.weak) for each in measurements.values() if each.equal_work for check in each.equal_work.checks),
        models=machine.newest.models,
        unfinished=machine.newest.unfinished,
    )


def _meters(sides: Sequence[Side], measurements: dict[str, Measurement]) -> list[MeterRow]:
    found = []
    for side in sides:
        measurement = measurements.get(side.name)
        if measurement is not None and measurement.readings:
            meters = named((each.name for each in measurement.readings), [measurement.item])
            readings = tuple(
                (meters[each.name].title, NOTHING if each.value_bytes is None else size(each.value_bytes), each.source, each.status)
                for each in measurement.readings
            )
            found.append(MeterRow(side.comparison, title(side.framework), readings))
    return found


def _missing(sides: Sequence[Side], measurements: dict[str, Measurement]) -> list[tuple[str, str, str, str]]:
    found = []
    for side in sides:
        measurement = measurements.get(side.name)
        if measurement is not None:
            figures = named(measurement.missing, [measurement.item])
            found += [(side.comparison, title(side.framework), figures[name].title, why) for name, why in measurement.missing.items()]
    return found


def _failure(side: Side) -> Failure:
    return Failure(side.comparison, title(side.framework), str(side.outcome).replace("_", " "), side.detail)


def _environments(machine: MachineHistory, frameworks: tuple[str, ...]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """What all cases of a framework were measured in; where they differ, all values."""
    night = machine.newest
    found = []
    for framework in frameworks:
        values: dict[str, list[str]] = {}
        for index in sorted({side.environment for side in night.sides if side.framework == framework}):
            for field, value in night.environments[index].items():
                if value not in values.setdefault(field, []):
                    values[field].append(value)
        if values:
            found.append((framework, tuple((field.replace("_", " "), " | ".join(each)) for field, each in sorted(values.items()))))
    return found
