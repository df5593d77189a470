"""Time that is left of a session's budget goes to what is undecided, first to the comparison whose interval it narrows most."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import msgspec
import pytest

from harness.findings import benchmark_json
from harness.findings.ahead import answer
from harness.findings.comparison import Comparison, comparisons
from harness.findings.outlook import outlook
from harness.findings.ratio import Answer
from harness.phases import PHASES
from harness.phases.declaration import Schedule
from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.comparer import COMPARER, Comparer
from harness.session.journal.session_journal import KEY, SessionJournal
from harness.session.journal.storing import session_of
from harness.session.measuring import rule_of
from harness.session.pace.pace import Pace
from harness.session.pace.pacing import PACE
from harness.session.progress import ProgressLine
from harness.session.stopping import Until
from harness.session.terminal.row import row
from harness.session.workers.worker import WorkerStartError

LEAST_SECONDS = 5.0  # of further turns: less is not worth beginning again
NARROWED = 0.9  # of the present width: a visit that is not expected to do as much is not made


class Visit(msgspec.Struct, frozen=True):
    """A second one, to an undecided comparison."""

    comparison: Comparison
    seconds: float  # of turns
    narrowed: float  # width of the interval afterwards, expected, over the present one

    @property
    def cases(self) -> list[Case]:
        return [side.case for side in self.comparison.sides]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After the last test: what it said stands, and its figures are those of both visits."""
    result = yield
    config = session.config
    journal, comparer = config.stash.get(KEY, None), config.stash.get(COMPARER, None)
    if journal is not None and comparer is not None and not session.shouldstop and not session.shouldfail:
        _spend(config, journal, comparer, config.stash[PACE])
    return result


def next_visit(measurements: Mapping[Case, Measurement], left_seconds: float) -> Visit | None:
    """Into which comparison so much time goes best; None where it helps none."""
    visits = [_visit(each, left_seconds) for each in comparisons(measurements.values()) if is_open(each)]
    worth = [each for each in visits if each is not None and each.seconds >= LEAST_SECONDS and each.narrowed <= NARROWED]
    return min(worth, key=lambda each: each.narrowed, default=None)


def is_open(comparison: Comparison) -> bool:
    """Undecided, and such that further turns can decide it."""
    sides = comparison.sides
    if len(sides) < 2 or any(side.outcome is not Outcome.OK or side.disturbed for side in sides):
        return False
    return PHASES[sides[0].case.phase].schedule is Schedule.IN_TURNS and any(_is_open(sides[0], other) for other in sides[1:])


def _is_open(reference: Measurement, other: Measurement) -> bool:
    return answer(reference, other) is Answer.OPEN and outlook(reference, other) is not None


def _visit(comparison: Comparison, left_seconds: float) -> Visit | None:
    """With what is left once its work has begun again, or what it takes to decide it, whichever is less."""
    reference = comparison.reference
    found = [each for other in comparison.others if _is_open(reference, other) and (each := outlook(reference, other))]
    enough = max(LEAST_SECONDS, 1.5 * max(each.seconds_to_answer for each in found))
    seconds = min(left_seconds - _beginning_seconds(comparison), enough)
    if seconds <= 0.0:
        return None
    narrowed = max(each.half_width(seconds) / each.half_width(0.0) if each.half_width(0.0) else 0.0 for each in found)
    return Visit(comparison, seconds, narrowed)


def _beginning_seconds(comparison: Comparison) -> float:
    """Of all sides, one after the other."""
    found = [side.cold_start for side in comparison.sides if side.cold_start is not None]
    return sum(each.build_seconds + each.warm_up_seconds for each in found)


def _spend(config: pytest.Config, journal: SessionJournal, comparer: Comparer, pace: Pace) -> None:
    rule = rule_of(config)
    if not pace.budget.is_set or rule.until is not Until.ANSWERED:
        return
    progress = ProgressLine(config, pace.elapsed)
    visited: set[Case] = set()
    try:
        while visit := next_visit(_unvisited(comparer.measurements, visited), pace.budget.left_seconds):
            progress.announce(f"{visit.comparison.title}: undecided, measuring it further")
            visited.update(visit.cases)
            # Its worker may have ended, and is to import its framework first: then fewer turns are left.
            with pace.going_on(visit.comparison.title, _beginning_seconds(visit.comparison) + visit.seconds):
                comparer.go_on(visit.cases, rule.going_on(visit.seconds / len(visit.cases)))
            progress.result(row(comparer.measurements[case] for case in visit.cases))
    except WorkerStartError as error:
        progress.announce(f"no further turns: {error}")
    finally:
        progress.clear()
        comparer.close()
        if visited:
            _replay(config, journal, visited)


def _unvisited(measurements: Mapping[Case, Measurement], visited: set[Case]) -> dict[Case, Measurement]:
    return {case: each for case, each in measurements.items() if case not in visited}


def _replay(config: pytest.Config, journal: SessionJournal, visited: set[Case]) -> None:
    """Gives pytest-benchmark the figures of both visits in the place of the first one's."""
    read = journal.as_read()
    if read is None:
        return
    sides = [each for each in read.sides if each.measurement.case in visited and each.measurement.outcome is Outcome.OK]
    made = {each.fullname: each for each in benchmark_json.made(sides, read.opened.benchmark_options)}
    own: list[Any] = session_of(config).benchmarks
    own[:] = [made.get(each.fullname, each) for each in own]
