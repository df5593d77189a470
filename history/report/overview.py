"""The newest night of a machine, as the index shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.frameworks import FRAMEWORKS, rank
from harness.record.check import EqualWork
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import TO_SHOW, read
from history.report import five_metrics, verdicts, words
from history.report.histories import CaseHistory, MachineHistory, title
from history.report.night import Side
from history.report.slugs import slug
from history.report.sparklines import Sparkline, sparkline
from history.report.verdicts import Ahead, Verdict

LIMIT_FIGURES = ("share_of_limit", "model_flops_utilisation", "joules_per_image")
PHASE_FIGURES: dict[str, tuple[str, ...]] = {
    "data_pipeline": (
        "images_per_second",
        "cpu_seconds_per_image",
        "first_batch_seconds",
        "restart_seconds",
        "accelerator_utilisation_at_200_images_per_second",
        "accelerator_utilisation_at_800_images_per_second",
        "accelerator_utilisation_at_3200_images_per_second",
        "pixel_difference_max",
    ),
    "end_to_end": (
        "images_per_second",
        "loader_alone_seconds_per_step",
        "step_alone_seconds_per_step",
        "overlap",
        "lost_share",
        "wait_share",
        "first_step_seconds",
    ),
    "pipeline_scaling": ("images_per_second", "cpu_seconds_per_image", "first_batch_seconds"),
    "train_step": ("images_per_second", "first_step_seconds"),
    "inference": ("images_per_second", "first_step_seconds"),
    "memory": (),
    "largest_batch": ("largest_batch_size", "smallest_out_of_memory_batch_size", "images_per_second"),
    "fine_tuning": ("images_per_second", "validation_accuracy", "validation_loss", "time_to_target_seconds"),
    "model_formats": ("save_seconds", "first_inference_seconds", "size_bytes"),
}
ADJECTIVES: dict[str, str] = {"memory": "lighter", "largest_batch": "larger"}
OTHER_SUITES = "other"


class Figure(msgspec.Struct, frozen=True):
    name: str
    values: tuple[str, ...]  # a framework each


class ComparisonRow(msgspec.Struct, frozen=True):
    comparison: str
    title: str  # of the comparison, below its phase's
    slug: str
    watched: tuple[str, ...]  # the median step or the bytes, a framework each
    verdict: Verdict
    figures: tuple[Figure, ...]
    limits: tuple[Figure, ...]
    equal_work: str
    receipt: EqualWork | None
    sparkline: Sparkline
    outcomes: tuple[str, ...]  # of a framework each; "" where it was measured


class PhaseTable(msgspec.Struct, frozen=True):
    phase: str
    title: str
    subtitle: str
    rows: tuple[ComparisonRow, ...]
    has_limits: bool


class MeterRow(msgspec.Struct, frozen=True):
    title: str
    framework: str
    readings: tuple[tuple[str, str, str, str], ...]  # meter, value, source, status


class LatencyRow(msgspec.Struct, frozen=True):
    title: str
    framework: str
    percentiles: tuple[str, ...]


class Failure(msgspec.Struct, frozen=True):
    name: str
    framework: str
    outcome: str
    detail: str


class Overview(msgspec.Struct, frozen=True):
    frameworks: tuple[str, ...]
    metrics: tuple[five_metrics.Table, ...]
    phases: tuple[PhaseTable, ...]
    meters: tuple[MeterRow, ...]
    latencies: tuple[LatencyRow, ...]
    failures: tuple[Failure, ...]
    unsupported: tuple[Failure, ...]
    missing: tuple[tuple[str, str, str, str], ...]  # case, framework, figure, why
    environments: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # framework, what its cases share
    measured: int
    cases: int
    checks: int  # of equal work, that hold


def overview(machine: MachineHistory, folder: Path) -> Overview:
    """Reads the newest night's file once more, whole: what is not kept of every night is shown of this one."""
    run = read(folder / machine.nights[-1].source, TO_SHOW)
    measurements = {row.fullname: row.measurement for row in run.rows if row.measurement is not None}
    sides = machine.newest.sides
    frameworks = tuple(sorted({side.framework for side in sides}, key=rank))
    failures = [_failure(side) for side in sides if side.outcome not in (Outcome.OK, Outcome.UNSUPPORTED)]
    return Overview(
        frameworks=frameworks,
        metrics=five_metrics.tables(measurements.values()),
        phases=tuple(_phases(machine, measurements, frameworks)),
        meters=tuple(_meters(sides, measurements)),
        latencies=tuple(_latencies(sides)),
        failures=tuple(failures),
        unsupported=tuple(_failure(side) for side in sides if side.outcome is Outcome.UNSUPPORTED),
        missing=tuple(
            (side.comparison, title(side.framework), words.name(figure), why)
            for side in sides
            if (measurement := measurements.get(side.name)) is not None
            for figure, why in measurement.missing.items()
        ),
        environments=tuple(_environments(machine, frameworks)),
        measured=sum(side.outcome is Outcome.OK for side in sides),
        cases=len(sides),
        checks=sum(side.checks or 0 for side in sides),
    )


def _phases(machine: MachineHistory, measurements: dict[str, Measurement], frameworks: tuple[str, ...]) -> list[PhaseTable]:
    by_phase: dict[str, list[str]] = {}
    tonight: dict[str, dict[str, Side]] = {}
    for side in machine.newest.sides:
        tonight.setdefault(side.comparison, {})[side.framework] = side
        names = by_phase.setdefault(side.case.phase if side.case else OTHER_SUITES, [])
        if side.comparison not in names:
            names.append(side.comparison)
    tables = []
    for phase in [*Phase, OTHER_SUITES]:
        rows = tuple(_row(machine, name, tonight[name], measurements, frameworks) for name in by_phase.get(phase, []))
        if rows:
            heading, subtitle = words.PHASES.get(phase, ("Other benchmarks", "of suites that compare no frameworks"))
            tables.append(PhaseTable(str(phase), heading, subtitle, rows, any(row.limits for row in rows)))
    return tables


def _row(
    machine: MachineHistory, comparison: str, sides: dict[str, Side], measurements: dict[str, Measurement], frameworks: tuple[str, ...]
) -> ComparisonRow:
    shown = [sides.get(framework) for framework in frameworks]
    one = next(side for side in shown if side is not None)
    case = one.case
    receipt = next((found for side in sides.values() if (found := _receipt(measurements.get(side.name)))), None)
    phase = case.phase if case else OTHER_SUITES
    heading = comparison.removeprefix(str(phase).replace("_", " ")).strip() or comparison
    return ComparisonRow(
        comparison=comparison,
        title=heading,
        slug=slug(comparison),
        watched=tuple(words.quantity(side.quantity, side.value) if side else words.NOTHING for side in shown),
        verdict=_verdict(machine, comparison, shown),
        figures=tuple(_figures(PHASE_FIGURES.get(phase, ()) if case else (), shown)),
        limits=tuple(_figures(LIMIT_FIGURES, shown)),
        equal_work=_equal_work(receipt, one),
        receipt=receipt,
        sparkline=sparkline({name: _recent(machine, history) for name, history in _sorted(machine.comparisons[comparison])}),
        outcomes=tuple("" if side is None or side.outcome is Outcome.OK else str(side.outcome).replace("_", " ") for side in shown),
    )


def _verdict(machine: MachineHistory, comparison: str, shown: Sequence[Side | None]) -> Verdict:
    both = [side for side in shown if side is not None and side.framework in FRAMEWORKS]
    if len(both) < 2:
        return Verdict(Ahead.UNKNOWN, "no other side")
    if any(side.outcome is not Outcome.OK for side in both):
        return Verdict(Ahead.UNKNOWN, "not compared")
    adjective = ADJECTIVES.get(both[0].case.phase, "faster") if both[0].case else "faster"
    return verdicts.of_ratio(machine.newest.ratios.get(comparison), adjective, any(side.disturbed for side in both))


def _figures(names: Sequence[str], shown: Sequence[Side | None]) -> list[Figure]:
    return [
        Figure(words.name(name), tuple(words.value(name, side.figures.get(name)) if side else words.NOTHING for side in shown))
        for name in names
        if any(side is not None and name in side.figures for side in shown)
    ]


def _receipt(measurement: Measurement | None) -> EqualWork | None:
    """Of both frameworks' work; of a model format, of what was loaded against what was saved."""
    if measurement is None or (measurement.equal_work is None and not measurement.checks):
        return None
    return measurement.equal_work or EqualWork("the model that was saved", measurement.checks)


def _equal_work(receipt: EqualWork | None, side: Side) -> str:
    if receipt is not None:
        return (
            "does not hold" if not receipt.holds else "1 check holds" if len(receipt.checks) == 1 else f"{len(receipt.checks)} checks hold"
        )
    return "each its own" if side.case and side.case.style == "stock" else "not checked"


def _recent(machine: MachineHistory, history: CaseHistory) -> list[float | None]:
    """A value a night of the machine, None where the case was not measured."""
    values: list[float | None] = [None] * len(machine.nights)
    for night, side in zip(history.nights, history.sides, strict=True):
        values[night] = side.value
    return values


def _sorted(cases: dict[str, CaseHistory]) -> list[tuple[str, CaseHistory]]:
    return sorted(cases.items(), key=lambda item: rank(item[0]))


def _meters(sides: Sequence[Side], measurements: dict[str, Measurement]) -> list[MeterRow]:
    found = []
    for side in sides:
        measurement = measurements.get(side.name)
        if measurement is not None and measurement.readings:
            readings = tuple(
                (
                    words.name(each.name),
                    words.size(each.value_bytes) if each.value_bytes is not None else words.NOTHING,
                    each.source,
                    each.status,
                )
                for each in measurement.readings
            )
            found.append(MeterRow(side.comparison, title(side.framework), readings))
    return found


def _latencies(sides: Sequence[Side]) -> list[LatencyRow]:
    return [
        LatencyRow(
            side.comparison, title(side.framework), tuple(words.seconds(side.figures[f"p{percent}_seconds"]) for percent in (50, 90, 99))
        )
        for side in sides
        if "p50_seconds" in side.figures
    ]


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
