"""How to read the tables, and what was disturbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.findings.ahead import answer
from harness.findings.comparison import Comparison, comparisons, phase_of
from harness.findings.models import headed, told_apart
from harness.findings.outlook import outlook
from harness.findings.ratio import PROCESS_SPREAD, Answer, compared_by
from harness.findings.receipt import receipt_of
from harness.findings.sides import ordered, title
from harness.phases import PHASES
from harness.phases.declaration import Compared, Schedule
from harness.record.figure import worded
from harness.record.measurement import Measurement
from harness.record.round import FOREIGN_SHARE_LIMIT
from harness.session.pace import durations


def notes(measurements: Sequence[Measurement]) -> Iterator[str]:
    """Of what was measured."""
    yield from _of_ratios([each for each in measurements if not _is_alone(each)])
    yield from _of_undecided(measurements)
    yield from _of_disturbance(measurements)
    yield from of_weak_checks(measurements)
    for name, phase in PHASES.items():
        items = dict.fromkeys(each.item for each in measurements if each.case.phase == name)
        yield from dict.fromkeys(worded(line, item) for item in items for line in phase.notes)


def of_weak_checks(measurements: Sequence[Measurement]) -> Iterator[str]:
    """Each once, however many cases have it: a computation's receipt is that of all the phases that ask for it."""
    titles = told_apart(measurements)
    receipts = ((each.case.model, receipt) for each in measurements if (receipt := receipt_of(each)))
    weak = dict.fromkeys((model, check.name, check.weak) for model, receipt in receipts for check in receipt.checks if check.weak)
    for model, name, why in weak:
        yield f"weak: {headed(f'the check of the {name}', titles[model])}: {why}"


def _is_alone(measurement: Measurement) -> bool:
    phase = phase_of(measurement.case)
    return phase is not None and phase.schedule is Schedule.ALONE


def _of_ratios(measurements: Sequence[Measurement]) -> Iterator[str]:
    titles = [title(framework) for framework in ordered(each.case.framework for each in measurements)]
    if len(titles) < 2:
        return
    of_bytes = "".join(f" ({phase.title.lower()}: of bytes)" for phase in PHASES.values() if phase.compared is Compared.METER)
    pairs = " and ".join(f"{titles[0]} / {other}" for other in titles[1:])
    yield f"ratio: {pairs}, of time a step{of_bytes}, from medians of blocks taken in turns."
    near = f"{PROCESS_SPREAD:.0%}"
    yield f"result: called if the whole interval is over {near} from 1, or within {near} of it, which holds however often"
    yield "  it was looked at. It is this run's: across commits use the gate."


def _of_undecided(measurements: Sequence[Measurement]) -> Iterator[str]:
    """What each of them would take, by what its turns have shown: of the turns alone, the nearest first."""
    needed = {each.title: seconds for each in comparisons(measurements) if (seconds := _seconds_needed(each)) is not None}
    if needed:
        yield "undecided: the interval holds more than one answer. To decide it by further turns it would take about"
        yield from (f"  {durations.told(seconds)}: {title}" for title, seconds in sorted(needed.items(), key=lambda each: each[1]))
        yield "  Give --budget more time, or name a single comparison by -k and raise --benchmark-max-time."


def _seconds_needed(comparison: Comparison) -> float | None:
    """None where it is decided, or cannot be by further turns."""
    found = [outlook(comparison.reference, each) for each in comparison.others if _is_undecided(comparison.reference, each)]
    return max((each.seconds_to_answer for each in found if each is not None), default=None)


def _is_undecided(reference: Measurement, other: Measurement) -> bool:
    is_by_turns = compared_by(reference.case) is Compared.TURNS
    return is_by_turns and not (reference.disturbed or other.disturbed) and answer(reference, other) is Answer.OPEN


def _of_disturbance(measurements: Sequence[Measurement]) -> Iterator[str]:
    disturbed = sum(each.disturbed_rounds for each in measurements)
    if any(each.disturbed for each in measurements):
        yield f"disturbed: other processes took over {FOREIGN_SHARE_LIMIT:.0%} of the CPU in most rounds, after all retakes, and that slows"
        yield "  the frameworks unequally. Measure again on a quiet machine."
    elif disturbed:
        yield f"disturbed: {disturbed} of {sum(len(each.rounds) for each in measurements)} rounds, which enter no ratio."
    if throttled := sum(each.throttled_rounds for each in measurements):
        yield f"throttled: heat or a power brake slowed the GPU in {throttled} rounds, which enter no ratio."
