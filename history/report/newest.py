"""Of each comparison its newest figures: a run that measured little does not take the others from the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from harness.findings.ahead import NO_OTHER_SIDE, NOT_COMPARED, Verdict, called, verdict, verdicts
from harness.findings.comparison import Comparison, in_order, title_of
from harness.findings.ratio import compared_by
from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import TO_SHOW, read
from history.report.histories import MachineHistory
from history.report.night import Side

MOST_NIGHTS = 60  # a case that none of so many runs has is no longer of this suite: the history page has it


class NewestSide(msgspec.Struct, frozen=True):
    night: int  # of the machine's nights
    side: Side
    measurement: Measurement | None  # None in files of other suites


class NewestComparison(msgspec.Struct, frozen=True):
    """Its sides as they were last measured, and as they last stood together: figures of two runs are not compared."""

    title: str
    sides: dict[str, NewestSide]  # by framework
    together: int  # the newest night that measured two sides or more; where there is none, that measured any
    compared: tuple[Measurement, ...]  # that night's, in order
    verdicts: tuple[Verdict, ...]  # of the reference, the first side that was measured, against each other that was

    @property
    def newest(self) -> int:
        return max(each.night for each in self.sides.values())

    @property
    def case(self) -> Case | None:
        return next(iter(self.sides.values())).side.case


class Newest(msgspec.Struct, frozen=True):
    comparisons: tuple[NewestComparison, ...]  # those of the newest run first, in the order of its file
    left_out: int  # comparisons that were not measured for long

    @property
    def measurements(self) -> list[Measurement]:
        """As they were compared, each comparison's of one night."""
        return [each for comparison in self.comparisons for each in comparison.compared]

    def verdict(self, reference: Measurement, other: Measurement) -> Verdict:
        """As the comparison has it: where the rounds were left out of the file, by the ratio that was kept of them."""
        title, pair = title_of(reference.case), (reference.case.framework, other.case.framework)
        told = (each for comparison in self.comparisons if comparison.title == title for each in comparison.verdicts)
        return next((each for each in told if (each.reference, each.other) == pair), None) or verdict(reference, other)


def newest(machine: MachineHistory, folder: Path) -> Newest:
    """Reads the files of the nights that have the newest figures once more, whole: what is not kept of every night is shown of these."""
    files = _Files(machine, folder)
    oldest = len(machine.nights) - MOST_NIGHTS
    last = {title: max(case.nights[-1] for case in cases.values()) for title, cases in machine.comparisons.items()}
    place = {side.comparison: index for index, side in reversed(list(enumerate(machine.newest.sides)))}
    shown = sorted((title for title in last if last[title] >= oldest), key=lambda title: (-last[title], place.get(title, 0)))
    return Newest(tuple(_comparison(machine, title, files) for title in shown), len(last) - len(shown))


def date_of(machine: MachineHistory, night: int) -> str:
    """Of an older run, with its time where the machine had several that day; "" of the newest, which the page is about."""
    return "" if night == len(machine.nights) - 1 else day_and_time(machine, night)


def day_and_time(machine: MachineHistory, night: int) -> str:
    when = machine.nights[night].when
    alone = machine.runs_on(when.date()) == 1
    return _day(when) if alone else f"{_day(when)}, {when:%H:%M}"


def _day(when: datetime) -> str:
    return when.strftime("%-d %B %Y")


class _Files:
    def __init__(self, machine: MachineHistory, folder: Path) -> None:
        self._machine = machine
        self._folder = folder
        self._read: dict[int, dict[str, Measurement]] = {}

    def measurements(self, night: int) -> dict[str, Measurement]:
        """By node id."""
        if night not in self._read:
            run = read(self._folder / self._machine.nights[night].source, TO_SHOW)
            self._read[night] = {row.fullname: row.measurement for row in run.rows if row.measurement is not None}
        return self._read[night]


def _comparison(machine: MachineHistory, title: str, files: _Files) -> NewestComparison:
    nights: dict[int, list[Side]] = {}
    sides = {}
    for framework, case in machine.comparisons[title].items():
        sides[framework] = NewestSide(case.nights[-1], case.newest, files.measurements(case.nights[-1]).get(case.newest.name))
        for night, side in zip(case.nights[-MOST_NIGHTS:], case.sides[-MOST_NIGHTS:], strict=True):
            nights.setdefault(night, []).append(side)
    together = max(nights, key=lambda night: (min(sum(side.outcome is Outcome.OK for side in nights[night]), 2), night))
    measured = files.measurements(together)
    found = in_order(
        measured[side.name] for side in nights[together] if side.name in measured and measured[side.name].outcome is Outcome.OK
    )
    return NewestComparison(title, sides, together, found, _verdicts(machine, title, together, found, len(sides)))


def _verdicts(machine: MachineHistory, title: str, night: int, measured: tuple[Measurement, ...], sides: int) -> tuple[Verdict, ...]:
    """Between the sides that were measured, of which the first is the reference: what became of the others stands in their columns."""
    if len(measured) < 2:
        reference = measured[0].case.framework if measured else ""
        return (Verdict(NOT_COMPARED if sides > 1 else NO_OTHER_SIDE, reference=reference),)
    if machine.nights[night].night.condensed:
        return _kept_verdicts(machine, title, night, measured)
    return tuple(verdicts(Comparison(title, measured)))


def _kept_verdicts(machine: MachineHistory, title: str, night: int, measured: tuple[Measurement, ...]) -> tuple[Verdict, ...]:
    """By the ratios that were told before the rounds were left out."""
    reference, *others = measured
    ratios = {each.other: each.ratio for each in machine.nights[night].night.ratios.get(title, ())}
    adjective = compared_by(reference.case)
    return tuple(
        called(
            ratios.get(other.case.framework),
            (reference.case.framework, other.case.framework),
            adjective,
            disturbed=reference.disturbed or other.disturbed,
        )
        for other in others
    )
