"""The order of a session's comparisons, and how long they are expected to take."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.session.pace.durations import told


class Planned(msgspec.Struct, frozen=True):
    """A comparison that is still to be measured."""

    title: str
    seconds: float  # expected
    group: tuple[int, int]  # those of one group share workers


class Plan:
    """Corrects itself by what the comparisons that are over have taken."""

    def __init__(self, planned: Sequence[Planned], is_known: bool, further_seconds: float = 0.0, preparing_seconds: float = 0.0) -> None:
        """is_known: all of them were measured on this machine before. further_seconds: expected to go into what is undecided once all are
        over. preparing_seconds: before the first.
        """
        self._left = {each.title: each.seconds for each in planned}
        self.is_known = is_known
        self._preparing_seconds, self._further_seconds = preparing_seconds, further_seconds
        self._expected_seconds = self._taken_seconds = 0.0  # of those that are over
        self._visit: dict[str, float] = {}  # the one that is gone on with

    @property
    def comparisons(self) -> int:
        return len(self._left)

    @property
    def left_seconds(self) -> float:
        others = self._preparing_seconds + self._further_seconds
        return sum(self._left.values()) * self._correction + others + sum(self._visit.values())

    def seconds(self, title: str) -> float:
        """Expected of a comparison; 0 of one that is over."""
        return self._left.get(title, 0.0) * self._correction + self._visit.get(title, 0.0)

    def over(self, title: str, seconds: float) -> None:
        expected = self._left.pop(title, None)
        self._preparing_seconds = 0.0
        if expected is not None:
            self._expected_seconds += expected
            self._taken_seconds += seconds

    def leave_out(self, title: str) -> None:
        """It is not measured, or no further."""
        self._left.pop(title, None)
        self._visit.pop(title, None)

    def further(self, title: str, seconds: float) -> None:
        """One that is over is gone on with: from then on it is known how long, and no further one is expected."""
        self._further_seconds = 0.0
        self._visit = {title: seconds}

    def told(self, budget_seconds: float | None) -> str:
        """In a line before the first one. budget_seconds: None where there is none."""
        many = "1 comparison" if self.comparisons == 1 else f"{self.comparisons} comparisons"
        how = "as last time on this machine" if self.is_known else "a guess: not all of it has been measured on this machine before"
        if budget_seconds is None:
            return f"plan: {many}, about {told(self.left_seconds)}, {how}"
        limit = f"the budget is {told(budget_seconds)} (--budget)"
        return f"plan: {many}, about {told(min(self.left_seconds, budget_seconds))}, {how}; {limit}"

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
