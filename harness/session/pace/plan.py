"""The order of a session's comparisons, and how long they are expected to take."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.session.pace.durations import told
from harness.session.pace.expected import Expected


class Planned(msgspec.Struct, frozen=True):
    """A comparison that is still to be measured."""

    title: str
    seconds: float  # expected
    group: tuple[int, int]  # those of one group share workers


class Plan:
    """Corrects itself by what the comparisons that are over have taken."""

    def __init__(self, planned: Sequence[Planned], is_known: bool) -> None:
        """is_known: all of them were measured on this machine before."""
        self._left = {each.title: each.seconds for each in planned}
        self.is_known = is_known
        self._expected_seconds = self._taken_seconds = 0.0  # of those that are over

    @property
    def comparisons(self) -> int:
        return len(self._left)

    @property
    def left_seconds(self) -> float:
        return sum(self._left.values()) * self._correction

    def seconds(self, title: str) -> float:
        """Expected of a comparison; 0 of one that is over."""
        return self._left.get(title, 0.0) * self._correction

    def over(self, title: str, seconds: float) -> None:
        expected = self._left.pop(title, None)
        if expected is not None:
            self._expected_seconds += expected
            self._taken_seconds += seconds

    def told(self, budget_seconds: float | None) -> str:
        """In a line before the first one. budget_seconds: None where there is none."""
        many = "1 comparison" if self.comparisons == 1 else f"{self.comparisons} comparisons"
        how = "as last time on this machine" if self.is_known else "a guess: not all of it has been measured on this machine before"
        limit = "" if budget_seconds is None else f"; the budget is {told(budget_seconds)} (--budget)"
        return f"plan: {many}, about {told(self.left_seconds)}, {how}{limit}"

    @property
    def _correction(self) -> float:
        """What is known of this machine needs little of it: a single comparison says more of itself than of the others."""
        prior = self._expected_seconds + sum(self._left.values())
        weight = 3.0 if self.is_known else 0.5
        return (self._taken_seconds + weight * prior) / (self._expected_seconds + weight * prior) if prior else 1.0


def ordered(planned: Sequence[Planned], budget_seconds: float) -> list[Planned]:
    """Group by group, as a change of workers takes time, and what is quick first; what the budget has no room for comes last of all."""
    found = sorted(planned, key=lambda each: (each.group, each.seconds))
    kept, late = list(found), list[Planned]()
    while kept and sum(each.seconds for each in kept) > budget_seconds:
        longest = max(kept, key=lambda each: each.seconds)
        kept.remove(longest)
        late.insert(0, longest)
    return kept + late


def planned_of(cases: Sequence[Case], group: tuple[int, int], expected: Expected) -> Planned:
    """Of the sides of one comparison."""
    return Planned(title_of(cases[0]), expected.seconds(cases[0]), group)
