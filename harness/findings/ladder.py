"""Why the winner won: the ratio of the two frameworks, rung by rung, on the way from `stock` to `matched`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import msgspec

from harness.findings.ratio import Ratio, compared_meter, ratio, single
from harness.frameworks import FRAMEWORKS, rank
from harness.record.case import Case, Execution, Precision, Style
from harness.record.fairness import MEANING, Source
from harness.record.measurement import Measurement

MIB = 2**20
WITHOUT_A_GPU = "host_peak_bytes"  # what a framework's users read then: the process' resident size

Sides = tuple[Measurement, Measurement]
Meters = tuple[str, str]  # by which a memory phase is compared


class Rung(msgspec.Struct, frozen=True):
    """One step of the ladder."""

    name: str
    meaning: str
    values: dict[str, str]  # what is compared, by framework
    ratio: Ratio | None  # None: disturbed, or too few turns
    worth: float | None  # of what became neutral here: this ratio over the one before. None at the foot


def climbed(measurements: Sequence[Measurement]) -> list[Phase]:
    """The phases that have a ladder."""
    return [phase for phase in LADDERS if any(each.case.phase is phase and each.case.style is Style.LADDER for each in measurements)]


def rungs(phase: Phase, measurements: Sequence[Measurement]) -> Iterator[Rung]:
    """From `stock` up to `matched`. A rung that was not measured is left out: its source is part of the next one's worth."""
    before: Ratio | None = None
    for name, meaning, sides, meters in _steps(phase, measurements):
        values = {side.case.framework: _value(side, meter) for side, meter in zip(sides, meters, strict=True)}
        found = _of_bytes(sides, meters) if phase == "memory" else ratio(*sides)
        yield Rung(name, meaning, values, found, found.estimate / before.estimate if found and before else None)
        before = found or before


def _steps(phase: Phase, measurements: Sequence[Measurement]) -> Iterator[tuple[str, str, Sides, Meters]]:
    """Name, meaning, sides and meters of each rung that both sides have."""
    workloads = {each.case.workload for each in measurements if each.case.phase is phase and each.case.style is Style.LADDER}
    of_phase = [each for each in measurements if each.case.phase is phase and each.case.workload in workloads]
    places: list[tuple[str, str, Callable[[Case], bool]]] = [("stock", "each framework's habits", lambda case: case.style is Style.STOCK)]
    places += [(source, MEANING[source], functools.partial(_is_rung, source)) for source in LADDERS[phase]]
    places.append(("matched", MEANING[LADDERS[phase][-1]], _is_top))
    for name, meaning, belongs in places:
        found = sorted((each for each in of_phase if belongs(each.case)), key=lambda each: rank(each.case.framework))
        if len(found) != 2:
            continue
        sides = (found[0], found[1])
        common = compared_meter(sides)
        if name == "stock" and phase == "memory":
            own = _own_meters(sides)
            yield "own meters", f"{own[0]} | {own[1]} → {common}", sides, own
        yield name, meaning, sides, (common, common)


def _is_rung(source: Source, case: Case) -> bool:
    return case.rung is source


def _is_top(case: Case) -> bool:
    return case.style is Style.MATCHED and case.execution in (None, Execution.PLAIN) and case.precision in (None, Precision.FP32)


def _own_meters(sides: Sides) -> Meters:
    """What each framework's users read: its own meter, or where one of them cannot, the process' size of both."""
    own = (FRAMEWORKS[sides[0].case.framework].meter, FRAMEWORKS[sides[1].case.framework].meter)
    can_read = all(_read(*each) > 0 for each in zip(sides, own, strict=True))
    return own if can_read else (WITHOUT_A_GPU, WITHOUT_A_GPU)


def _of_bytes(sides: Sides, meters: Meters) -> Ratio | None:
    ours, theirs = (_read(*each) for each in zip(sides, meters, strict=True))
    return single(ours, theirs) if ours > 0 and theirs > 0 else None


def _value(measurement: Measurement, meter: str) -> str:
    """Of the quantity whose ratio it is."""
    if measurement.case.phase == "memory":
        return f"{_read(measurement, meter) / MIB:,.0f} MiB" if _read(measurement, meter) else "not told"
    return f"{1e3 * measurement.median_step_seconds:.3g} ms"


def _read(measurement: Measurement, meter: str) -> float:
    return float(measurement.bytes_read(meter) or 0)
