"""A session's time: the order of its comparisons, the plan that is told before the first, and what is done with time that is left."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.session import gpu, options
from harness.session.cases import CASE, group_of
from harness.session.journal.storing import session_of
from harness.session.pace.budget import Budget
from harness.session.pace.durations import clock, told
from harness.session.pace.expected import Expected
from harness.session.pace.plan import Plan, ordered, planned_of

CORE_SECONDS = 300.0  # of the core set without a GPU, where nobody says otherwise
PACE: pytest.StashKey[Pace] = pytest.StashKey()
NOT_BEGUN = pytest.StashKey[bool]()  # of an item: the budget had no room for it


class Pace:
    """What a session knows of its own time."""

    def __init__(self, budget: Budget, plan: Plan, expected: Expected) -> None:
        self.budget = budget
        self.plan = plan
        self._expected = expected
        self._taken: dict[str, float] = {}

    def has_room_for(self, title: str) -> bool:
        """Whether a comparison may begin. What is only guessed to be too long may."""
        left = self.budget.left_seconds
        return left > 0.0 and (not self.plan.is_known or self.plan.seconds(title) <= left + self.tolerance_seconds)

    @property
    def tolerance_seconds(self) -> float:
        """How much longer than its budget a session may get, rather than leave something out."""
        return 0.1 * self.budget.seconds

    @contextmanager
    def comparing(self, title: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._taken[title] = time.monotonic() - begun
        self.plan.over(title, self._taken[title])

    def elapsed(self) -> str:
        """`1:23 of about 4:40`."""
        spent = self.budget.spent_seconds
        whole = min(spent + self.plan.left_seconds, max(spent, self.budget.seconds))
        return f"{clock(spent)} of about {clock(whole)}"

    def keep(self) -> None:
        self._expected.keep(self._taken)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Comparison by comparison, what is quick first. Tests of other kinds stay where they are, at the front."""
    expected = Expected(config)
    of_title: dict[str, list[pytest.Item]] = {}
    for item in items:
        if CASE in item.stash:
            of_title.setdefault(title_of(item.stash[CASE]), []).append(item)
    cases = {title: [item.stash[CASE] for item in own] for title, own in of_title.items()}
    budget = Budget(_budget_seconds(config, items))
    planned = ordered([planned_of(own, group_of(own[0]), expected) for own in cases.values()], budget.seconds)
    others = [item for item in items if CASE not in item.stash]
    items[:] = [*others, *(item for each in planned for item in of_title[each.title])]
    config.stash[PACE] = Pace(budget, Plan(planned, expected.knows(each for own in cases.values() for each in own)), expected)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    pace = config.stash.get(PACE, None)
    if pace is None or not pace.plan.comparisons or config.option.collectonly or session_of(config).disabled:
        return []
    return [pace.plan.told(pace.budget.seconds if pace.budget.is_set else None)]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    pace = session.config.stash.get(PACE, None)
    if pace is not None:
        pace.keep()
    return (yield)


def refuse(item: pytest.Item, case: Case, pace: Pace) -> None:
    """Skips a test whose comparison the budget has no room for: it is not measured, and not over."""
    item.stash[NOT_BEGUN] = True
    needed = told(pace.plan.seconds(title_of(case)))
    pytest.skip(f"not measured: the budget of {told(pace.budget.seconds)} has no room for it; about {needed} more would do (--budget)")


def _budget_seconds(config: pytest.Config, items: list[pytest.Item]) -> float:
    chosen = options.of(config)
    if chosen.budget_seconds is not None:
        return chosen.budget_seconds
    of_cases = [item for item in items if CASE in item.stash]
    is_core = bool(of_cases) and all(item.get_closest_marker("core") for item in of_cases)
    return CORE_SECONDS if is_core and not gpu.present() else math.inf
