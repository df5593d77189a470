"""What a session knows of its own time, while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.session.pace.budget import Budget
from harness.session.pace.durations import clock
from harness.session.pace.expected import Expected
from harness.session.pace.plan import Plan
from harness.session.stopping import Until

GUESSED = 0.5  # of a guess: a comparison may well take no more
TOLERANCE = 0.1  # of the budget: so much longer a session may get, rather than leave something out


class Pace:
    def __init__(self, budget: Budget, plan: Plan, expected: Expected, until: Until) -> None:
        self.budget = budget
        self.plan = plan
        self.until = until  # what its comparisons are measured for
        self._expected = expected
        self._taken: dict[str, float] = {}
        self._preparing_seconds = self._further_seconds = 0.0
        self._refused: dict[str, float] = {}
        self._present = ("", 0.0)  # the comparison that is being measured, and when it was begun

    def has_room_for(self, title: str) -> bool:
        """Whether a comparison may begin. What is only guessed may take less; of what was refused once no side is measured."""
        left, needed = self.budget.left_seconds, self.plan.seconds(title)
        least = needed if self.plan.is_known else GUESSED * needed
        return title not in self._refused and left > 0.0 and least <= left + TOLERANCE * self.budget.seconds

    def refuse(self, title: str) -> float:
        """How many seconds it would have taken. The session does without it."""
        self._refused.setdefault(title, self.plan.seconds(title))
        self.plan.leave_out(title)
        return self._refused[title]

    @contextmanager
    def comparing(self, title: str, preparing_seconds: Callable[[], float]) -> Iterator[None]:
        """preparing_seconds: how long the inputs have taken to be made by now, which no later comparison has to wait for."""
        begun, prepared = time.monotonic(), preparing_seconds()
        self._present = title, begun
        yield
        own = preparing_seconds() - prepared
        self._preparing_seconds += own
        self._taken[title] = time.monotonic() - begun - own
        self.plan.over(title, self._taken[title])

    @contextmanager
    def going_on(self, title: str, seconds: float) -> Iterator[None]:
        """With a comparison that is over: further turns, for about so many seconds."""
        begun = time.monotonic()
        self._present = title, begun
        self.plan.further(title, seconds)
        yield
        self._further_seconds += time.monotonic() - begun
        self.plan.leave_out(title)

    @property
    def left_seconds(self) -> float:
        """Expected. Of the present comparison what is left of it, and nothing once it takes longer than expected."""
        title, begun = self._present
        here = self.plan.seconds(title)
        return self.plan.left_seconds - min(here, time.monotonic() - begun)

    def elapsed(self) -> str:
        """`1:23 of about 4:40`."""
        spent = self.budget.spent_seconds
        return f"{clock(spent)} of about {clock(min(spent + self.left_seconds, max(spent, self.budget.seconds)))}"

    def keep(self) -> None:
        """For the plan of the next session."""
        self._expected.keep(self._taken, self._further_seconds, self._preparing_seconds)
