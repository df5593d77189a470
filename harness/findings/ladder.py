"""Why the winner won: the ratio of the reference to each other side, rung by rung, on the way from `stock` to `matched`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.findings.comparison import heading_of, in_order, phase_of, phase_title
from harness.findings.models import headed, told_apart
from harness.findings.ratio import Ratio, compared_meter, ratio, single
from harness.findings.sides import ordered
from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from harness.phases.declaration import Compared
from harness.record.case import Case, Execution, Precision, Style
from harness.record.fairness import NEUTRAL, Source
from harness.record.figure import seconds, size
from harness.record.measurement import Measurement

WITHOUT_A_GPU = "host_peak_bytes"  # what a framework's users read then: the process' resident size
OWN_METERS = "own meters"  # a rung below the first where memory is compared
HABIT_NOT_TOLD = "its own"
NOT_MEASURED, NOT_TOLD = "not measured", "not told"  # in the place of a value
_OF_A_RUNG = frozenset({"style", "rung", "execution", "precision"})  # the axes in which the cases of one ladder differ
_TOLD_APART = _OF_A_RUNG | {"model"}  # those that a ladder's title does not name as a case's does


class Rung(msgspec.Struct, frozen=True):
    """One step of the ladder. One that a side lacks has no ratio to it: its source is part of the next one's worth."""

    name: str
    meaning: str
    values: dict[str, str]  # what is compared, by framework
    ratios: dict[str, Ratio | None]  # of the reference to each other framework
    worths: dict[str, float | None]  # of what became neutral here: this ratio over the one before. None at the foot, and without a ratio
    reasons: dict[str, str]  # by other framework: why there is no ratio


class Ladder(msgspec.Struct, frozen=True):
    phase: str
    title: str
    reference: str
    others: tuple[str, ...]
    rungs: tuple[Rung, ...]
    model: str = ""  # its title, where it needs telling

    @property
    def heading(self) -> str:
        return headed(self.title, self.model)


class _Step(msgspec.Struct, frozen=True):
    name: str
    meaning: str
    sides: dict[str, Measurement]  # by framework: those that it has
    meters: dict[str, str] = {}  # by framework: what memory is compared by


def ladders(measurements: Iterable[Measurement], titles: Mapping[str, str] | None = None) -> list[Ladder]:
    """In the order of the phases; one for each model, work and batch size that has rungs. What was not measured at all is no rung.

    titles: of the models, where they need telling; None where no others stand beside these.
    """
    everything = list(measurements)
    titles = titles or told_apart(everything)
    grouped: dict[tuple[str, str, str], list[Measurement]] = {}
    for each in everything:
        grouped.setdefault((each.case.phase, each.case.model, heading_of(each.case, _TOLD_APART)), []).append(each)
    climbed = {key: found for key, found in grouped.items() if any(each.case.rung for each in found)}
    of_phases = [(phase, model) for phase, model, _ in climbed]
    order = [*PHASES, *(phase for phase, _ in of_phases)]
    return [
        _ladder(phase, phase_title(phase) if of_phases.count((phase, model)) == 1 else f"{phase_title(phase)} {work}", titles[model], found)
        for (phase, model, work), found in sorted(climbed.items(), key=lambda each: order.index(each[0][0]))
    ]


def _ladder(phase: str, title: str, model: str, measurements: Sequence[Measurement]) -> Ladder:
    of_rungs = [each for each in measurements if each.case.style is Style.STOCK or each.case.rung or _is_top(each.case)]
    reference, *others = ordered(each.case.framework for each in of_rungs)
    rungs = tuple(_rungs(_steps(of_rungs, [reference, *others]), reference, others))
    return Ladder(phase, title, reference, tuple(others), rungs, model)


def _rungs(steps: Iterable[_Step], reference: str, others: Sequence[str]) -> Iterator[Rung]:
    before: dict[str, Ratio] = {}
    for step in steps:
        values = {each: _value(step, each) for each in (reference, *others)}
        ratios = {other: _ratio(step, reference, other) for other in others}
        known = {other: found for other, found in ratios.items() if found is not None}
        worths = {
            other: known[other].estimate / before[other].estimate if other in known.keys() & before.keys() else None for other in others
        }
        reasons = {other: _reason(step, reference, other) for other in others if other not in known}
        yield Rung(step.name, step.meaning, values, ratios, worths, reasons)
        before |= known


def _steps(measurements: Sequence[Measurement], frameworks: Sequence[str]) -> Iterator[_Step]:
    """From the foot to the top, those that any side has."""
    phase = phase_of(measurements[0].case)
    sources = list(dict.fromkeys([*(phase.ladder if phase else ()), *(each.case.rung for each in measurements if each.case.rung)]))
    stock = [each for each in measurements if each.case.style is Style.STOCK]
    matched = [each for each in measurements if _is_top(each.case)]
    of_source = [(source, _meaning(source, frameworks), [each for each in measurements if each.case.rung is source]) for source in sources]
    places = [("stock", "each framework's habits", stock), *of_source, ("matched", _meaning(sources[-1], frameworks), matched)]
    of_memory = phase is not None and phase.compared is Compared.METER
    for name, meaning, found in places:
        sides = {each.case.framework: each for each in in_order(found)}
        if not sides:
            continue
        if not of_memory:
            yield _Step(name, meaning, sides)
            continue
        common = compared_meter(tuple(sides.values()))
        if found is stock:
            own = _own_meters(sides)
            yield _Step(OWN_METERS, f"{' | '.join(dict.fromkeys(own.values()))} → {common}", sides, own)
        yield _Step(name, meaning, sides, dict.fromkeys(sides, common))


def _is_top(case: Case) -> bool:
    return case.style is Style.MATCHED and case.execution in (None, Execution.PLAIN) and case.precision in (None, Precision.FP32)


def _meaning(source: Source, frameworks: Sequence[str]) -> str:
    """Each framework's habit, in their order, or the one that they share, and the setting at which it is neutral."""
    habits = [FRAMEWORKS[each].habits.get(source, HABIT_NOT_TOLD) if each in FRAMEWORKS else HABIT_NOT_TOLD for each in frameworks]
    return f"{' | '.join(habits if len(set(habits)) > 1 else habits[:1])} → {NEUTRAL[source]}"


def _own_meters(sides: dict[str, Measurement]) -> dict[str, str]:
    """What each framework's users read: its own meter, or where one of them cannot, the process' size of all."""
    own = {each: FRAMEWORKS[each].meter if each in FRAMEWORKS else WITHOUT_A_GPU for each in sides}
    can_read = all(sides[each].bytes_read(meter) for each, meter in own.items())
    return own if can_read else dict.fromkeys(sides, WITHOUT_A_GPU)


def _ratio(step: _Step, reference: str, other: str) -> Ratio | None:
    if not {reference, other} <= step.sides.keys():
        return None
    if not step.meters:
        return ratio(step.sides[reference], step.sides[other])
    ours, theirs = (step.sides[each].bytes_read(step.meters[each]) for each in (reference, other))
    return single(ours, theirs) if ours and theirs else None


def _reason(step: _Step, reference: str, other: str) -> str:
    if not {reference, other} <= step.sides.keys():
        return NOT_MEASURED
    return f"not called: {NOT_TOLD}" if step.meters else "not called: disturbed, or too few turns"


def _value(step: _Step, framework: str) -> str:
    """Of the quantity whose ratio it is."""
    if framework not in step.sides:
        return NOT_MEASURED
    side = step.sides[framework]
    if step.meters:
        read = side.bytes_read(step.meters[framework])
        return size(read, digits=0) if read else NOT_TOLD
    return seconds(side.median_step_seconds)
