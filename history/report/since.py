"""What changed since the run before, in one sentence: the first thing on the page."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

import msgspec

from harness.findings.sides import title
from harness.findings.watched import Watched, log_cost
from harness.record.comparable import machine_differences
from history.report.changes import Change, MachineChanges
from history.report.commits import Between, Commits
from history.report.histories import MachineHistory
from history.report.newest import day_and_time
from history.report.night import Side
from history.report.percent import percent
from history.trends.limits import LIMITS


class Since(msgspec.Struct, frozen=True):
    sentence: str
    before: str  # identity of the run before, the last earlier one with a case in common; "": there is none
    date: str  # of that run
    compared: int  # cases that both measured
    between: Between | None  # the commits that came meanwhile
    meanwhile: tuple[str, ...]  # what else is another now
    remark: str  # what the sentence rests on, where that is one run against one; else ""


class Difference(msgspec.Struct, frozen=True):
    """Of one case, one run against one."""

    log_cost: float  # above 0: it costs more
    share: float  # of the value then
    case: str


def since(machine: MachineHistory, found: MachineChanges, failed: int, commits: Commits) -> Since:
    """found: of the machine. failed: cases of the newest run."""
    last = len(machine.nights) - 1
    before = machine.run_before(last)
    new = [change for change in found.changes if change.new]
    compared = machine.measured_in_both(before, last) if before is not None else frozenset()
    remark = ""
    if new:
        sentence = _told(new)
    elif before is None:
        sentence = _nothing_before(machine)
    else:
        sentence, remark = _nothing_lasting(machine, before, compared, len(compared & found.night_sds.keys()))
    failures = f"; {failed} {'case' if failed == 1 else 'cases'} failed" if failed else ""
    return Since(
        sentence=f"{sentence[:1].upper()}{sentence[1:]}{failures}.",
        before=machine.nights[before].night.identity if before is not None else "",
        date=day_and_time(machine, before) if before is not None else "",
        compared=len(compared),
        between=commits.between(machine.nights[before].night.commit, machine.newest.commit) if before is not None else None,
        meanwhile=tuple(_meanwhile(machine, before, last)) if before is not None else (),
        remark=remark,
    )


def _told(new: Sequence[Change]) -> str:
    """The worse first. Of several of a kind the largest."""
    worse, better = ([change for change in new if change.worse is kind] for kind in (True, False))
    parts = [_of_kind(worse, "slower or larger")] if worse else []
    if better:
        parts.append(_of_kind(better, "faster or smaller") if not worse else f"{_count(len(better))} became faster or smaller")
    return "; ".join(parts)


def _of_kind(changes: Sequence[Change], words: str) -> str:
    largest = max(changes, key=lambda change: abs(math.log1p(change.share)))
    size = f"{percent(largest.share)} {largest.figure.title}" if largest.comparison else percent(largest.share)
    if len(changes) == 1:
        return f"{_what(largest)} became {largest.word}: {size}"
    return f"{_count(len(changes))} became {words}, most of all {_what(largest)}: {size}"


def _what(change: Change) -> str:
    return f"{title(change.framework)}’s {change.comparison}" if change.framework and change.comparison else change.title


def _count(cases: int) -> str:
    return f"{cases} {'case' if cases == 1 else 'cases'}"


def _nothing_before(machine: MachineHistory) -> str:
    if len(machine.nights) == 1:
        return "The first run on this machine: there is nothing yet to compare it with"
    return "None of its cases was measured before on this machine: there is nothing yet to compare it with"


def _nothing_lasting(machine: MachineHistory, before: int, compared: Collection[tuple[str, str]], known: int) -> tuple[str, str]:
    """The sentence and what it rests on. known: of how many cases a change can be told from noise."""
    date, largest = day_and_time(machine, before), _largest(machine, before, compared)
    if largest is None:
        return f"No case can be compared with the run of {date}: each was disturbed in one of the two, or watched by another figure", ""
    sentence = f"the largest difference from the run of {date} is {percent(largest.share)}: {largest.case}"
    remark = (
        f"One run against one run. A lasting change is told once {LIMITS.fewest_nights_a_level} runs show it, of a case with"
        f" {LIMITS.fewest_nights} undisturbed runs or more: {known} of {len(compared)} {'has' if known == 1 else 'have'} as many."
    )
    return f"No new lasting change is found yet; {sentence}" if known else sentence, remark


def _largest(machine: MachineHistory, before: int, compared: Collection[tuple[str, str]]) -> Difference | None:
    """Of one run against one; None where no case can be compared."""
    then, now = _values(machine, before), _values(machine, len(machine.nights) - 1)
    both = [case for case in compared if case in then and case in now]
    differences = [_difference(case, then[case], now[case]) for case in both if then[case][0] == now[case][0]]
    return max(differences, key=lambda each: (abs(each.log_cost), each.case), default=None)


def _values(machine: MachineHistory, night: int) -> dict[tuple[str, str], tuple[Watched, float]]:
    """Of what was measured undisturbed."""
    one = machine.nights[night].night
    undisturbed = (side for side in one.sides if side.value and not side.disturbed)
    return {(side.comparison, side.framework): (one.hows[side.how], side.value) for side in undisturbed if side.value}


def _difference(case: tuple[str, str], then: tuple[Watched, float], now: tuple[Watched, float]) -> Difference:
    comparison, framework = case
    how = now[0]
    named = f"{title(framework)}’s {comparison}" if framework else comparison
    return Difference(log_cost(how, now[1]) - log_cost(how, then[1]), now[1] / then[1] - 1, f"{how.figure.title} of {named}")


def _meanwhile(machine: MachineHistory, before: int, last: int) -> Iterable[str]:
    """What differs of the machine and of each framework's worker."""
    then, now = (machine.nights[night].night for night in (before, last))
    yield from (each.told for each in machine_differences(then.machine, now.machine))
    sides = _by_framework(now.sides)
    for framework, side in _by_framework(then.sides).items():
        if framework in sides:
            environments = machine.environment(before, side), machine.environment(last, sides[framework])
            yield from (f"{title(framework)}, {text}" for text in machine.environment_differences(*environments))


def _by_framework(sides: Iterable[Side]) -> dict[str, Side]:
    """One each: the first."""
    found: dict[str, Side] = {}
    for side in sides:
        found.setdefault(side.framework, side)
    return found
