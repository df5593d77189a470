"""Nights in order, machine by machine and case by case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from harness.frameworks import FRAMEWORKS, rank
from history.gate.comparable import PLACE
from history.gate.moderation import Floats
from history.records import Machine
from history.report import machines
from history.report.night import Night, Quantity, Side
from history.report.storage import Dated

COLOURS = 3


class CaseHistory:
    """One framework's case, night by night: indices into its machine's nights, and what it did in each."""

    def __init__(self, comparison: str, framework: str) -> None:
        self.comparison = comparison
        self.framework = framework
        self.nights: list[int] = []
        self.sides: list[Side] = []

    @property
    def newest(self) -> Side:
        return self.sides[-1]

    @cached_property
    def quantity(self) -> Quantity:
        """By which it was measured last."""
        return next((side.quantity for side in reversed(self.sides) if side.quantity is not Quantity.NONE), Quantity.NONE)

    def log_values(self, nights: int) -> Floats:
        """A value a night, NaN where it was not measured or most rounds were disturbed."""
        values = np.full(nights, np.nan)
        for night, side in zip(self.nights, self.sides, strict=True):
            if side.value and side.quantity is self.quantity and not side.disturbed:
                values[night] = np.log(side.value)
        return values


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
                case.nights.append(index)
                case.sides.append(side)

    @property
    def newest(self) -> Night:
        return self.nights[-1].night

    @cached_property
    def cases(self) -> tuple[CaseHistory, ...]:
        return tuple(case for cases in self.comparisons.values() for case in cases.values())

    def environment(self, index: int, side: Side) -> dict[str, str]:
        """Of the framework's worker, without what says where it was."""
        return self._environments[index][side.environment]

    def environment_differences(self, before: dict[str, str], after: dict[str, str]) -> list[str]:
        """Between two that `environment` gave: the same ones are compared night after night."""
        if before is after or not before or not after:
            return []
        pair = (id(before), id(after))
        if pair not in self._differences:
            fields = [field for field in sorted(before.keys() & after.keys()) if before[field] != after[field]]  # not told yet is no change
            self._differences[pair] = [f"{field.replace('_', ' ')}: {before[field]} → {after[field]}" for field in fields]
        return self._differences[pair]

    def environment_changes(self, case: CaseHistory) -> list[tuple[int, str]]:
        """Night and what was other than in the case's night before: of the machine, then of the framework's worker."""
        found: list[tuple[int, str]] = []
        before, then = case.nights[0], self.environment(case.nights[0], case.sides[0])
        for after, side in zip(case.nights[1:], case.sides[1:], strict=True):
            now = self.environment(after, side)
            if self._machines[before] is not self._machines[after]:
                found.extend((after, text) for text in machine_differences(self.nights[before].night, self.nights[after].night))
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


def title(framework: str) -> str:
    """As people write it. Files of other suites have no framework."""
    return FRAMEWORKS[framework].title if framework in FRAMEWORKS else framework or "case"


def colour(framework: str) -> int:
    """Number of the framework's colour in the style sheet; what is no framework has the last."""
    return min(rank(framework), COLOURS - 1)


def machine_differences(before: Night, after: Night) -> tuple[str, ...]:
    return () if before.machine == after.machine else tuple(machines.differences(before.machine, after.machine))


def _compared(nights: Sequence[Dated]) -> list[list[dict[str, str]]]:
    """Each night's environments as they are compared, one object for all that are the same."""
    known: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    found = []
    for dated in nights:
        keys = [tuple((field, value) for field, value in each.items() if field not in PLACE) for each in dated.night.environments]
        found.append([known.setdefault(key, dict(key)) for key in keys])
    return found
