"""The newest night's cases, phase by phase and model by model: a row a comparison, a column a framework."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.findings.ahead import NO_OTHER_SIDE, NOT_COMPARED, Verdict, verdicts
from harness.findings.comparison import Comparison, in_order, phase_of, phase_title
from harness.findings.figures import shown
from harness.findings.models import headed, told_apart
from harness.findings.receipt import mark, receipt_of
from harness.findings.sides import ordered, title
from harness.record.case import DEFAULT_MODEL, Case
from harness.record.check import EqualWork
from harness.record.figure import NOTHING, worded
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.report.histories import CaseHistory, MachineHistory
from history.report.marks.slugs import slug
from history.report.night import OTHER_SUITES, Side
from history.report.sparklines import Sparkline, sparkline


class Line(msgspec.Struct, frozen=True):
    """A figure beside the one that is watched."""

    title: str
    values: tuple[str, ...]  # a framework each


class ComparisonRow(msgspec.Struct, frozen=True):
    comparison: str
    title: str  # of the comparison, below its phase's
    slug: str
    values: tuple[str, ...]  # of what it is watched by, or the outcome that left none: a framework each
    verdicts: tuple[Verdict, ...]  # of the reference, the first side that was measured, against each other that was
    lines: tuple[Line, ...]
    equal_work: str
    receipt: EqualWork | None
    sparkline: Sparkline


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


def phase_tables(machine: MachineHistory, measurements: dict[str, Measurement], frameworks: tuple[str, ...]) -> tuple[PhaseTable, ...]:
    """measurements: the newest night's, by node id."""
    tonight: dict[str, dict[str, Side]] = {}
    by_phase: dict[tuple[str, str], list[str]] = {}
    for side in machine.newest.sides:
        if side.comparison not in tonight:
            of = (side.case.phase, side.case.model) if side.case else (OTHER_SUITES, "")
            by_phase.setdefault(of, []).append(side.comparison)
        tonight.setdefault(side.comparison, {})[side.framework] = side
    tables, titles = [], told_apart(measurements.values())
    for (phase, model), names in by_phase.items():
        one = next(iter(tonight[names[0]].values()))
        rows = tuple(_row(machine, name, tonight[name], measurements, frameworks) for name in names)
        below = frameworks if any(row.lines for row in rows) else ()
        title_, lede = headed(_title(one.case), titles.get(model, "")), _lede(machine, one, measurements, below)
        tables.append((_place(one.case), PhaseTable(phase, model, title_, lede, rows)))
    return tuple(table for _, table in sorted(tables, key=lambda each: each[0]))


def _place(case: Case | None) -> tuple[bool, bool, int, bool]:
    """Phases that this suite has not, or no longer, come after its own, and other suites last. Of a phase the default model is first."""
    phase = phase_of(case) if case else None
    return case is None, phase is None, phase.place if phase else 0, case is not None and case.model != DEFAULT_MODEL


def _title(case: Case | None) -> str:
    return phase_title(case.phase) if case else "Other benchmarks"


def _lede(machine: MachineHistory, side: Side, measurements: dict[str, Measurement], below: tuple[str, ...]) -> str:
    """below: whose figures stand below each case."""
    phase, measurement = (phase_of(side.case) if side.case else None), measurements.get(side.name)
    item = measurement.item if measurement else ""
    what = phase.subtitle if phase else "of suites that compare no frameworks" if side.case is None else "of an earlier suite"
    whose = f", {' · '.join(map(title, below))}" if len(below) > 1 else ""
    others = f"; below each case its other figures{whose}" if below else ""
    watched = machine.newest.hows[side.how].figure.title
    said = [f"{what[:1].upper()}{what[1:]}.", f"The columns have the {watched}{others}."]
    notes = " ".join(worded(note, item).strip() for note in phase.notes) if phase else ""
    return " ".join(filter(None, (*said, f"{notes[:1].upper()}{notes[1:]}")))


def _row(
    machine: MachineHistory, comparison: str, sides: dict[str, Side], measurements: dict[str, Measurement], frameworks: tuple[str, ...]
) -> ComparisonRow:
    one = next(iter(sides.values()))
    measured = {side.framework: found for side in sides.values() if (found := measurements.get(side.name))}
    receipt = next(filter(None, map(receipt_of, measured.values())), None)
    return ComparisonRow(
        comparison=comparison,
        title=_below_its_table(comparison, one.case),
        slug=slug(comparison),
        values=tuple(_value(machine, sides.get(framework)) for framework in frameworks),
        verdicts=_verdicts(comparison, sides, measured),
        lines=_lines(machine.newest.hows[one.how].figure.name, [measured.get(framework) for framework in frameworks]),
        equal_work=mark(receipt, one.case),
        receipt=receipt,
        sparkline=sparkline({framework: _recent(machine, machine.comparisons[comparison][framework]) for framework in ordered(sides)}),
    )


def _below_its_table(comparison: str, case: Case | None) -> str:
    """Its title without the phase and the model, which stand above."""
    if case is None:
        return comparison
    model = "" if case.model == DEFAULT_MODEL else case.model
    below = comparison.removeprefix(case.phase.replace("_", " ")).strip()
    return below.removeprefix(model).strip() or comparison


def _value(machine: MachineHistory, side: Side | None) -> str:
    if side is None:
        return NOTHING
    if side.outcome is not Outcome.OK:
        return str(side.outcome).replace("_", " ")
    return machine.newest.hows[side.how].figure.written(side.value)


def _verdicts(comparison: str, sides: dict[str, Side], measurements: dict[str, Measurement]) -> tuple[Verdict, ...]:
    """Between the sides that were measured, of which the first is the reference: what became of the others stands in their columns."""
    measured = in_order(each for each in measurements.values() if each.outcome is Outcome.OK)
    if len(measured) > 1:
        return tuple(verdicts(Comparison(comparison, measured)))
    return (Verdict(NOT_COMPARED if len(sides) > 1 else NO_OTHER_SIDE, reference=measured[0].case.framework if measured else ""),)


def _lines(watched: str, sides: Sequence[Measurement | None]) -> tuple[Line, ...]:
    """What the phase's table shows, but for what the row has already, and for the meters, which have a table of their own."""
    texts: dict[str, dict[int, str]] = {}
    for place, side in enumerate(sides):
        elsewhere = {watched, *(reading.name for reading in side.readings)} if side else set()
        for each in shown(side) if side else ():
            if not elsewhere.issuperset(each.names):
                texts.setdefault(each.title, {})[place] = each.text
    return tuple(Line(heading, tuple(found.get(place, NOTHING) for place in range(len(sides)))) for heading, found in texts.items())


def _recent(machine: MachineHistory, history: CaseHistory) -> list[float | None]:
    """A value a night of the machine, None where the case was not measured, or watched by another quantity."""
    values: list[float | None] = [None] * len(machine.nights)
    for night, side, same in zip(history.nights, history.sides, history.same_quantity, strict=True):
        values[night] = side.value if same else None
    return values
