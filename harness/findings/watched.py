"""What a case is watched by across commits: one quantity a phase, which its declaration names. The gate and the page ask here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from harness.findings.comparison import phase_of
from harness.findings.figures import figures
from harness.findings.ratio import compared_meter
from harness.phases.declaration import Values, Watched
from harness.phases.figures import STEP
from harness.record.figure import Unit
from harness.record.measurement import Measurement

__all__ = ["SECONDS_A_STEP", "Watched", "is_time", "judges_peaks", "log_cost", "value_at", "values", "watched"]

SECONDS_A_STEP = Watched(STEP, Values.ROUNDS)  # of phases that this suite has not, and of other suites


def watched(measurement: Measurement | None) -> Watched:
    """How, with the word of the measured model. Memory's is named by the meter: runs that were read by two of them are no history.

    None: a benchmark of another suite.
    """
    phase = phase_of(measurement.case) if measurement else None
    if measurement is None or phase is None:
        return SECONDS_A_STEP
    figure = phase.watched.figure.of(measurement.item)
    if phase.watched.values is Values.METER:
        figure = msgspec.structs.replace(figure, name=compared_meter((measurement,)))
    return msgspec.structs.replace(phase.watched, figure=figure)


def values(measurement: Measurement | None, step_seconds: Sequence[float]) -> tuple[float, ...]:
    """The watched quantity of each round, or the one reading. step_seconds: what pytest-benchmark stored of the rounds. May be empty."""
    if measurement is None:
        return tuple(step_seconds)
    how = watched(measurement)
    if how.values is Values.METER:
        reading = measurement.bytes_read(compared_meter((measurement,)))
        return (float(reading),) if reading else ()
    if not step_seconds:  # a run of long ago
        figure = figures(measurement).get(how.figure.name, 0.0)
        return (figure,) if figure > 0 else ()
    if how.values is Values.ROUNDS_AN_ITEM:
        return tuple(seconds / measurement.batch_size for seconds in step_seconds)
    return tuple(step_seconds)


def log_cost(how: Watched, value: float) -> float:
    """Higher is worse, whichever way is better."""
    return -math.log(value) if how.higher_is_better else math.log(value)


def value_at(how: Watched, cost: float) -> float:
    """The value that has this `log_cost`."""
    return math.exp(-cost if how.higher_is_better else cost)


def is_time(how: Watched) -> bool:
    """One that is not, as a peak, hardly varies from process to process, and the gate has a rule of its own for it."""
    return how.figure.unit is not Unit.BYTES


def judges_peaks(how: Watched) -> bool:
    """Not of a case that is watched by the item: its batch differs from run to run, and with it what it takes."""
    return how.values is not Values.ROUNDS_AN_ITEM
