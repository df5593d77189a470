"""From a file's rows to what is kept of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from harness.findings.ratio import Ratio, compared_meter, limit_share, ratio
from harness.frameworks import FRAMEWORKS
from harness.record.case import Style
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import Row, Run
from history.report.night import Night, Quantity, Side

LOADING_PHASES = ("data_pipeline", "pipeline_scaling")
LATENCY_PERCENTILES = (50, 90, 99)
TIME_FIGURES = ("first_inference_seconds", "load_seconds")  # what a case without rounds is watched by


def condensed(run: Run, identity: str) -> Night:
    environments: dict[tuple[tuple[str, str], ...], int] = {}
    sides = tuple(_side(row, environments) for row in run.rows)
    return Night(
        identity=identity,
        datetime=run.datetime,
        commit=run.commit,
        commit_time=run.commit_time,
        branch=run.branch,
        machine=run.machine,
        schema_version=run.schema_version,
        environments=tuple(dict(environment) for environment in environments),
        sides=sides,
        ratios=_ratios(run.rows),
        raw_durations=any(row.step_seconds for row in run.rows),
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
    return case.comparison if own else f"{case.comparison} ({function.replace('_', ' ')})"


def figures(measurement: Measurement) -> dict[str, float]:
    """Whatever a measurement says in numbers, beyond what it is watched by."""
    found: dict[str, float] = {}
    rounds = measurement.rounds
    if rounds and measurement.outcome is Outcome.OK:
        images = measurement.batch_size * measurement.steps_per_round * len(rounds)
        if measurement.images_per_second is not None:
            found["images_per_second"] = measurement.images_per_second
            found["cpu_seconds_per_image"] = sum(round_.cpu_seconds for round_ in rounds) / images
        share = limit_share(measurement)
        if share is not None:
            found["share_of_limit"] = share.estimate
        if measurement.case.phase == "inference":
            cuts = statistics.quantiles(steps, n=100, method="inclusive") if len(steps := measurement.step_seconds) > 1 else steps * 99
            found |= {f"p{percent}_seconds": cuts[percent - 1] for percent in LATENCY_PERCENTILES}
        device_seconds = [round_.device_seconds for round_ in rounds if round_.device_seconds is not None]
        if device_seconds:
            found["device_step_seconds"] = statistics.median(device_seconds) / measurement.steps_per_round
        throttled = [round_.throttled_share for round_ in rounds if round_.throttled_share is not None]
        if throttled:
            found["throttled_share"] = statistics.fmean(throttled)
    if measurement.cold_start is not None:
        found["first_step_seconds"] = measurement.cold_start.first_step_seconds
        found["build_seconds"] = measurement.cold_start.build_seconds
        if measurement.case.phase in LOADING_PHASES:
            found["first_batch_seconds"] = measurement.cold_start.first_batch_seconds
    if measurement.epochs:
        last = measurement.epochs[-1]
        found["epoch_training_seconds"] = statistics.median(epoch.training_seconds for epoch in measurement.epochs)
        found["validation_seconds"] = statistics.median(epoch.validation_seconds for epoch in measurement.epochs)
        found["validation_loss"] = last.validation_loss
        found["validation_accuracy"] = last.validation_accuracy
    found |= {reading.name: float(reading.value_bytes) for reading in measurement.readings if reading.value_bytes is not None}
    return found | measurement.figures


def _side(row: Row, environments: dict[tuple[tuple[str, str], ...], int]) -> Side:
    measurement = row.measurement
    quantity, value, low, high = _watched(row)
    environment = tuple(sorted(measurement.environment.items())) if measurement else ()
    return Side(
        name=row.fullname,
        comparison=comparison(row),
        framework=measurement.case.framework if measurement else "",
        case=measurement.case if measurement else None,
        outcome=row.outcome,
        detail=row.detail,
        quantity=quantity,
        value=value,
        low=low,
        high=high,
        disturbed=measurement is not None and measurement.disturbed,
        figures=figures(measurement) if measurement else {},
        environment=environments.setdefault(environment, len(environments)),
        checks=len(measurement.equal_work.checks) if measurement and measurement.equal_work else None,
    )


def _watched(row: Row) -> tuple[Quantity, float | None, float | None, float | None]:
    seconds = _seconds(row)
    if len(seconds) > 1:
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return Quantity.TIME, median, low, high
    if seconds:
        return Quantity.TIME, seconds[0], seconds[0], seconds[0]
    measurement = row.measurement
    if row.outcome is Outcome.OK and measurement is not None and measurement.case.phase == "memory":
        size_bytes = float(measurement.bytes_read(compared_meter((measurement,))) or 0)
        if size_bytes:
            return Quantity.MEMORY, size_bytes, size_bytes, size_bytes
    return Quantity.NONE, None, None, None


def _seconds(row: Row) -> list[float]:
    """By which a case is watched. Empty in the memory phase, whose steps nothing is claimed of."""
    measurement = row.measurement
    if row.outcome is not Outcome.OK or (measurement is not None and measurement.case.phase == "memory"):
        return []
    if measurement is not None and measurement.epochs:
        return [epoch.training_seconds for epoch in measurement.epochs]
    if measurement is not None and not measurement.rounds:
        return [measurement.figures[name] for name in TIME_FIGURES if measurement.figures.get(name, 0.0) > 0][:1]
    if measurement is not None and measurement.case.phase == "largest_batch":
        return [seconds / measurement.batch_size for seconds in row.step_seconds]  # an image: the batch differs from night to night
    return list(row.step_seconds)


def _ratios(rows: Iterable[Row]) -> dict[str, Ratio]:
    """Of the comparisons that both of the first two frameworks measured."""
    first, second = list(FRAMEWORKS)[:2]
    sides: dict[str, dict[str, Measurement]] = {}
    for row in rows:
        if row.measurement is not None and row.outcome is Outcome.OK:
            sides.setdefault(comparison(row), {})[row.measurement.case.framework] = row.measurement
    found = {name: ratio(pair[first], pair[second]) for name, pair in sides.items() if first in pair and second in pair}
    return {name: value for name, value in found.items() if value is not None}
