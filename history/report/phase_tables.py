"""Each case's newest figures, phase by phase and model by model: a row a comparison, a column a framework."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.findings.ahead import Verdict
from harness.findings.comparison import phase_of, phase_title
from harness.findings.figures import shown
from harness.findings.models import headed, told_apart
from harness.findings.receipt import mark, receipt_of
from harness.findings.sides import ordered, title
from harness.record.case import DEFAULT_MODEL, Case
from harness.record.check import EqualWork
from harness.record.figure import NOTHING, worded
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.report.changes import Change
from history.report.figure_names import with_unit
from history.report.histories import CaseHistory, MachineHistory
from history.report.marks.slugs import slug
from history.report.newest import Newest, NewestComparison, NewestSide, date_of
from history.report.night import OTHER_SUITES
from history.report.sparklines import Sparkline, sparkline


class Line(msgspec.Struct, frozen=True):
    """A figure beside the one that is watched."""

    title: str
    values: tuple[str, ...]  # a framework each


class Cell(msgspec.Struct, frozen=True):
    """A framework's."""

    text: str  # of what the case is watched by, with its unit, or the outcome that left none
    date: str  # of an older run than the newest, where the row does not say it of all; else ""
    is_compared: bool  # of the run that the verdicts are of: of another one they say nothing


class ComparisonRow(msgspec.Struct, frozen=True):
    comparison: str
    title: str  # of the comparison, below its phase's
    slug: str
    date: str  # where all of it is of one older run; else ""
    cells: tuple[Cell, ...]  # a framework each
    verdicts: tuple[Verdict, ...]  # of the reference, the first side that was measured, against each other that was
    compared_date: str  # of the run that has the verdicts, where that is older than what the row's date says
    lines: tuple[Line, ...]
    equal_work: str
    receipt: EqualWork | None
    sparkline: Sparkline
    change: Change | None  # the last of its sides' levels


class PhaseTable(msgspec.Struct, frozen=True):
    phase: str
    model: str  # its name; "" in files of other suites
    title: str
    lede: str
    rows: tuple[ComparisonRow, ...]

    @property
    def anchor(self) -> str:
        """In the page's address. The default model's is its phase's, as before there were others."""
        return "-".join(("phase", self.phase, *([self.model] if self.model not in ("", DEFAULT_MODEL) else [])))


def phase_tables(machine: MachineHistory, newest: Newest, frameworks: tuple[str, ...], changes: Sequence[Change]) -> tuple[PhaseTable, ...]:
    """changes: of the machine."""
    latest = {change.comparison: change for change in sorted(changes, key=lambda change: (change.night, abs(change.share)))}
    by_phase: dict[tuple[str, str], list[NewestComparison]] = {}
    for comparison in newest.comparisons:
        of = (comparison.case.phase, comparison.case.model) if comparison.case else (OTHER_SUITES, "")
        by_phase.setdefault(of, []).append(comparison)
    tables, titles = [], told_apart(newest.measurements)
    for (phase, model), comparisons in by_phase.items():
        case = comparisons[0].case
        rows = tuple(_row(machine, comparison, frameworks, latest.get(comparison.title)) for comparison in comparisons)
        below = frameworks if any(row.lines for row in rows) else ()
        title_, lede = headed(_title(case), titles.get(model, "")), _lede(machine, comparisons[0], below)
        tables.append((_place(case), PhaseTable(phase, model, title_, lede, rows)))
    return tuple(table for _, table in sorted(tables, key=lambda each: each[0]))


def _place(case: Case | None) -> tuple[bool, bool, int, bool]:
    """Phases that this suite has not, or no longer, come after its own, and other suites last. Of a phase the default model is first."""
    phase = phase_of(case) if case else None
    return case is None, phase is None, phase.place if phase else 0, case is not None and case.model != DEFAULT_MODEL


def _title(case: Case | None) -> str:
    return phase_title(case.phase) if case else "Other benchmarks"


def _lede(machine: MachineHistory, comparison: NewestComparison, below: tuple[str, ...]) -> str:
    """below: whose figures stand below each case."""
    one, case = next(iter(comparison.sides.values())), comparison.case
    phase = phase_of(case) if case else None
    item = one.measurement.item if one.measurement else ""
    what = phase.subtitle if phase else "of suites that compare no frameworks" if case is None else "of an earlier suite"
    whose = f", {' · '.join(map(title, below))}" if len(below) > 1 else ""
    others = f"; below each case its other figures{whose}" if below else ""
    watched = machine.nights[one.night].night.hows[one.side.how].figure.title
    said = [f"{what[:1].upper()}{what[1:]}.", f"The columns have the {watched}{others}."]
    notes = " ".join(worded(note, item).strip() for note in phase.notes) if phase else ""
    return " ".join(filter(None, (*said, f"{notes[:1].upper()}{notes[1:]}")))


def _row(machine: MachineHistory, comparison: NewestComparison, frameworks: tuple[str, ...], change: Change | None) -> ComparisonRow:
    case, sides, histories = comparison.case, comparison.sides, machine.comparisons[comparison.title]
    one = next(iter(sides.values()))
    receipt = next(filter(None, map(receipt_of, comparison.compared)), None)
    nights = {each.night for each in sides.values()}
    date = date_of(machine, comparison.newest) if len(nights) == 1 else ""
    watched = machine.nights[one.night].night.hows[one.side.how].figure
    measured = [sides[framework].measurement if framework in sides else None for framework in frameworks]
    return ComparisonRow(
        comparison=comparison.title,
        title=_below_its_table(comparison.title, case),
        slug=slug(comparison.title),
        date=date,
        cells=tuple(_cell(machine, sides.get(framework), not date, comparison.together) for framework in frameworks),
        verdicts=comparison.verdicts,
        compared_date=date_of(machine, comparison.together) if {comparison.together} != nights else "",
        lines=_lines(watched.name, measured),
        equal_work=mark(receipt, case),
        receipt=receipt,
        sparkline=sparkline(_recent([histories[framework] for framework in ordered(sides)]), watched),
        change=change,
    )


def _below_its_table(comparison: str, case: Case | None) -> str:
    """Its title without the phase and the model, which stand above."""
    if case is None:
        return comparison
    model = "" if case.model == DEFAULT_MODEL else case.model
    below = comparison.removeprefix(case.phase.replace("_", " ")).strip()
    return below.removeprefix(model).strip() or comparison


def _cell(machine: MachineHistory, newest: NewestSide | None, dated: bool, together: int) -> Cell:
    if newest is None:
        return Cell(NOTHING, "", is_compared=False)
    side, how = newest.side, machine.nights[newest.night].night.hows[newest.side.how]
    text = with_unit(how.figure, side.value) if side.outcome is Outcome.OK else str(side.outcome).replace("_", " ")
    return Cell(text, date_of(machine, newest.night) if dated else "", newest.night == together)


def _lines(watched: str, sides: Sequence[Measurement | None]) -> tuple[Line, ...]:
    """What the phase's table shows, but for what the row has already, and for the meters, which have a table of their own."""
    texts: dict[str, dict[int, str]] = {}
    for place, side in enumerate(sides):
        elsewhere = {watched, *(reading.name for reading in side.readings)} if side else set()
        for each in shown(side) if side else ():
            if not elsewhere.issuperset(each.names):
                texts.setdefault(each.title, {})[place] = each.text
    return tuple(Line(heading, tuple(found.get(place, NOTHING) for place in range(len(sides)))) for heading, found in texts.items())


def _recent(histories: Sequence[CaseHistory]) -> dict[str, list[float | None]]:
    """By framework a value a night that has the comparison; None where the side was not measured, or watched by another quantity."""
    nights = sorted({night for history in histories for night in history.nights})
    found = {}
    for history in histories:
        values = dict(zip(history.nights, history.values, strict=True))
        found[history.framework] = [values.get(night) for night in nights]
    return found
