"""Both frameworks in turns in one session, with ratio, interval and verdict; and what was measured of one framework alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from harness.findings.ahead import Verdict, verdicts
from harness.findings.comparison import Comparison, heading_of, phase_title
from harness.findings.figures import shown
from harness.findings.outputs.markdown import escaped, table
from harness.findings.phases import AUTOTUNE, DEVICE_STEP, FIRST_STEP, JOULES_PER_ITEM, PHASES, UTILISATION, Compared
from harness.findings.ratio import CONFIDENCE, PROCESS_SPREAD
from harness.findings.receipt import mark, receipt_of
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING
from harness.record.measurement import Measurement
from history.measured.folder import Folder
from history.measured.session import Session, headed

TITLE = "Side by side"
ELSEWHERE = (AUTOTUNE, DEVICE_STEP, FIRST_STEP, JOULES_PER_ITEM, UTILISATION)  # those of other sections; and what one framework alone has
HOW_TO_READ = (
    "The two are measured in turns, A B B A …, in two processes. *ratio* is the first framework's time a step over the other's, turn by"
    f" turn; below 1 the first is faster. Its {CONFIDENCE:.0%} interval covers the turns of this session. Somebody is called ahead only"
    f" where the whole interval is over {PROCESS_SPREAD:.0%} from 1. *Equal work*: so many checks of the same computation held before"
    " anything was timed."
)
ALONE = (
    "Measured of one framework alone: there is no ratio, as figures of two sessions are not set against each other, and of `matched` cases"
    " no check of equal work, as there was no other side."
)


def blocks(folder: Folder) -> Iterator[str]:
    found = [(session, each) for session in folder.sessions for each in session.comparisons if not _of_memory(each)]
    together = [(session, each) for session, each in found if each.others]
    alone = [(session, each) for session, each in found if not each.others]
    if together:
        yield HOW_TO_READ
        yield from _tables(together)
    if alone:
        yield ALONE
        for session, of_session in _by_session(alone).items():
            yield headed(session)
            yield table(("case", "framework", "figures", "equal work"), (_alone(each.reference) for each in of_session))


def _tables(found: list[tuple[Session, Comparison]]) -> Iterator[str]:
    """One a session and phase, in the order of the phases."""
    for session, comparisons in _by_session(found).items():
        yield headed(session)
        for phase, declared in PHASES.items():
            of_phase = [each for each in comparisons if each.reference.case.phase == phase]
            if of_phase:
                frameworks = ordered(side.case.framework for each in of_phase for side in each.sides)
                columns = ("case", "figure", *map(title, frameworks), f"ratio, {CONFIDENCE:.0%} interval", "result")
                yield f"{phase_title(phase)}: {declared.subtitle}."
                yield table(columns, (row for each in of_phase for row in _rows(each, frameworks)))
                yield f"Equal work: {'; '.join(map(_receipt, of_phase))}."


def _by_session(found: list[tuple[Session, Comparison]]) -> dict[Session, list[Comparison]]:
    by_name: dict[str, list[Comparison]] = {}
    for session, each in found:
        by_name.setdefault(session.name, []).append(each)
    return {session: by_name[session.name] for session, _ in found}


def _rows(comparison: Comparison, frameworks: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A row a figure, and beside them a line for each side that the reference is compared with."""
    texts = {side.case.framework: _figures(side) for side in comparison.sides}
    names = list(dict.fromkeys(name for of_side in texts.values() for name in of_side))
    case = heading_of(comparison.reference.case)
    for name, verdict in itertools.zip_longest(names, verdicts(comparison)):
        values = [texts.get(each, {}).get(name, NOTHING) if name else "" for each in frameworks]
        said = (_interval(verdict), f"**{escaped(verdict.text)}**") if verdict else ("", "")
        yield (escaped(case), name or "", *values, *said)
        case = ""


def _interval(verdict: Verdict) -> str:
    return escaped(f"{verdict.ratio}, {verdict.interval}") if verdict.ratio else NOTHING


def _receipt(comparison: Comparison) -> str:
    side = comparison.reference
    return escaped(f"{heading_of(side.case)}: {mark(receipt_of(side), side.case)}")


def _figures(side: Measurement) -> dict[str, str]:
    elsewhere = {figure.of(side.item).name for figure in ELSEWHERE}
    return {escaped(each.title): escaped(each.text) for each in shown(side) if not elsewhere.issuperset(each.names)}


def _alone(side: Measurement) -> tuple[str, ...]:
    figures = "; ".join(f"{text} {name}" for name, text in _figures(side).items())
    case = f"{phase_title(side.case.phase).lower()} {heading_of(side.case)}"
    return escaped(case), title(side.case.framework), figures, mark(receipt_of(side), side.case)


def _of_memory(comparison: Comparison) -> bool:
    phase = PHASES.get(comparison.reference.case.phase)
    return phase is not None and phase.compared is Compared.METER
