"""Nights in order, machine by machine and case by case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property

import numpy as np

from harness.findings.sides import ordered
from harness.findings.watched import Watched, log_cost
from harness.record.comparable import PLACE, environment_differences, machine_differences
from harness.record.machine import Machine
from history.gate.moderation import Floats
from history.report import machines
from history.report.night import Night, Side
from history.report.storage import Dated


class CaseHistory:
    """One framework's case, night by night: indices into its machine's nights, and what it did in each."""

    def __init__(self, comparison: str, framework: str) -> None:
        self.comparison = comparison
        self.framework = framework
        self.nights: list[int] = []
        self.sides: list[Side] = []
        self._hows: list[Watched] = []

    def add(self, night: int, side: Side, how: Watched) -> None:
        self.nights.append(night)
        self.sides.append(side)
        self._hows.append(how)

    @property
    def newest(self) -> Side:
        return self.sides[-1]

    @property
    def model(self) -> str:
        """Its name; "" in files of other suites."""
        return self.newest.case.model if self.newest.case else ""

    @property
    def how(self) -> Watched:
        """What it is watched by: as in the last night that has a value. Of one without, the meter that was to read it is not known."""
        return next((how for side, how in zip(reversed(self.sides), reversed(self._hows), strict=True) if side.value), self._hows[-1])

    @property
    def values(self) -> list[float | None]:
        """One a night of its own. None where it was not measured, or watched by something else than now: that is no history of these."""
        now = self.how.figure.name
        return [side.value if how.figure.name == now else None for side, how in zip(self.sides, self._hows, strict=True)]

    @cached_property
    def times_measured(self) -> int:
        """In how many nights, of those that `log_costs` has a value of."""
        return int(np.isfinite(self.log_costs(self.nights[-1] + 1)).sum())

    def log_costs(self, nights: int) -> Floats:
        """A value a night, higher is worse; NaN where it was not measured, or by another quantity, or most rounds were disturbed."""
        costs = np.full(nights, np.nan)
        for night, side, value in zip(self.nights, self.sides, self.values, strict=True):
            if value and not side.disturbed:
                costs[night] = log_cost(self.how, value)
        return costs


class MachineHistory:
    """The nights of one machine."""

    def __init__(self, key: machines.Key, nights: Sequence[Dated]) -> None:
        self.key = key
        self.nights = tuple(nights)
        self.comparisons: dict[str, dict[str, CaseHistory]] = {}  # by comparison, then by framework
        self._environments = _compared(nights)
        machines_known: dict[Machine, Machine] = {}
        self._machines = [machines_known.setdefault(dated.night.machine, dated.night.machine) for dated in nights]  # one for all the same
        self._differences: dict[tuple[int, int], list[str]] = {}
        for index, dated in enumerate(nights):
            for side in dated.night.sides:
                cases = self.comparisons.setdefault(side.comparison, {})
                case = cases.setdefault(side.framework, CaseHistory(side.comparison, side.framework))
                case.add(index, side, dated.night.hows[side.how])

    @property
    def newest(self) -> Night:
        return self.nights[-1].night

    @cached_property
    def frameworks(self) -> tuple[str, ...]:
        """Of all its nights, in the order in which they stand everywhere; "" for files of other suites."""
        return ordered(framework for cases in self.comparisons.values() for framework in cases)

    @cached_property
    def models(self) -> dict[str, str]:
        """Of all its nights: titles by name, as the newest night that has the model calls it."""
        return {name: title for dated in self.nights for name, title in dated.night.models.items()}

    @cached_property
    def cases(self) -> tuple[CaseHistory, ...]:
        return tuple(case for cases in self.comparisons.values() for case in cases.values())

    def runs_on(self, day: date) -> int:
        return self._days[day]

    @cached_property
    def _days(self) -> Counter[date]:
        return Counter(dated.when.date() for dated in self.nights)

    def run_before(self, night: int) -> int | None:
        """The last earlier one that measured any of the same cases: with another one there is nothing to compare."""
        return next((before for before in range(night - 1, -1, -1) if self._measured[before] & self._measured[night]), None)

    def measured_in_both(self, before: int, night: int) -> frozenset[tuple[str, str]]:
        """Comparison and framework."""
        return self._measured[before] & self._measured[night]

    @cached_property
    def _measured(self) -> list[frozenset[tuple[str, str]]]:
        return [frozenset((side.comparison, side.framework) for side in dated.night.sides if side.value) for dated in self.nights]

    def environment(self, index: int, side: Side) -> dict[str, str]:
        """Of the framework's worker, without what says where it was."""
        return self._environments[index][side.environment]

    def environment_differences(self, before: dict[str, str], after: dict[str, str]) -> list[str]:
        """Between two that `environment` gave: the same ones are compared night after night."""
        if before is after or not before or not after:
            return []
        pair = (id(before), id(after))
        if pair not in self._differences:
            self._differences[pair] = [each.told for each in environment_differences(before, after)]
        return self._differences[pair]

    def environment_changes(self, case: CaseHistory) -> list[tuple[int, str]]:
        """Night and what was other than in the case's night before: of the machine and the case's model, then of the framework's worker."""
        found: list[tuple[int, str]] = []
        before, then = case.nights[0], self.environment(case.nights[0], case.sides[0])
        for after, side in zip(case.nights[1:], case.sides[1:], strict=True):
            now = self.environment(after, side)
            if self._machines[before] is not self._machines[after]:
                differences = machine_differences(self._machines[before], self._machines[after], (case.model,))
                found.extend((after, each.told) for each in differences)
            if then is not now:
                found.extend((after, text) for text in self.environment_differences(then, now))
            before, then = after, now
        return found


def of_machines(nights: Sequence[Dated]) -> list[MachineHistory]:
    """The machine of the newest run first."""
    by_machine: dict[machines.Key, list[Dated]] = {}
    for dated in nights:
        by_machine.setdefault(machines.key(dated.night.machine), []).append(dated)
    found = [MachineHistory(key, dated) for key, dated in by_machine.items()]
    return sorted(found, key=lambda machine: machine.nights[-1].when, reverse=True)


def _compared(nights: Sequence[Dated]) -> list[list[dict[str, str]]]:
    """Each night's environments as they are compared, one object for all that are the same."""
    known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    found = []
    for dated in nights:
        keys = [tuple((field, value) for field, value in each.items() if field not in PLACE) for each in dated.night.environments]
        found.append([known.setdefault(key, dict(key)) for key in keys])
    return found
