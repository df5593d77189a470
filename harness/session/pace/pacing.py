"""A session's time in pytest: the order of its comparisons, and the plan that is told before the first."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Sequence

import pytest

from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.session import gpu, options
from harness.session.cases import CASE, group_of
from harness.session.journal.session_journal import KEY
from harness.session.journal.storing import session_of
from harness.session.pace.budget import Budget
from harness.session.pace.durations import told
from harness.session.pace.expected import Expected
from harness.session.pace.pace import Pace
from harness.session.pace.plan import Plan, Planned, ordered
from harness.session.stopping import Until

CORE_SECONDS = 300.0  # of the core set without a GPU, where nobody says otherwise
GATE = "gate"  # the marker of what the regression gate measures
PACE: pytest.StashKey[Pace] = pytest.StashKey()
NOT_BEGUN = pytest.StashKey[bool]()  # of an item: the budget had no room for it


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Comparison by comparison, what is quick first. Tests of other kinds stay where they are, at the front."""
    of_title: dict[str, list[pytest.Item]] = {}
    for item in items:
        if CASE in item.stash:
            of_title.setdefault(title_of(item.stash[CASE]), []).append(item)
    others = [item for item in items if CASE not in item.stash]
    budget_seconds = budget_seconds_of(config, items)
    planned = ordered(_planned(items, _expected(config, items)), budget_seconds)
    items[:] = [*others, *(item for each in planned for item in of_title[each.title])]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """When it is known what runs: --last-failed takes tests out late, and the journal (its hook comes first) finds what to resume."""
    config, items = session.config, session.items
    journal = config.stash.get(KEY, None)
    measured = journal.measured if journal is not None else {}
    left = [item for item in items if CASE in item.stash and item.stash[CASE] not in measured]
    expected = _expected(config, items)
    plan = Plan(
        _planned(left, expected), expected.knows(item.stash[CASE] for item in left), expected.further_seconds, expected.preparing_seconds
    )
    config.stash[PACE] = Pace(Budget(budget_seconds_of(config, items)), plan, expected, until_of(config, items))


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    pace, benchmarks = config.stash.get(PACE, None), session_of(config)
    if pace is None or not pace.plan.comparisons or config.option.collectonly or benchmarks.disabled or benchmarks.skip:
        return []
    return [pace.plan.told(pace.budget.seconds if pace.budget.is_set else None)]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    pace = session.config.stash.get(PACE, None)
    if pace is not None and not session_of(session.config).disabled:  # a round of each tells nothing of the time it takes
        pace.keep()
    return (yield)


def refuse(item: pytest.Item, case: Case, pace: Pace) -> None:
    """Skips a test whose comparison the budget has no room for: it is not measured, and not over."""
    item.stash[NOT_BEGUN] = True
    needed = told(pace.refuse(title_of(case)))
    pytest.skip(f"not measured: the budget of {told(pace.budget.seconds)} has no room for it; about {needed} more would do (--budget)")


def _planned(items: Sequence[pytest.Item], expected: Expected) -> list[Planned]:
    """In the order in which their first sides come."""
    first: dict[str, Case] = {}
    for item in items:
        if CASE in item.stash:
            first.setdefault(title_of(item.stash[CASE]), item.stash[CASE])
    return [Planned(title, expected.seconds(case), group_of(case)) for title, case in first.items()]


def _expected(config: pytest.Config, items: Sequence[pytest.Item]) -> Expected:
    return Expected(config, budget_seconds_of(config, items), until_of(config, items))


def budget_seconds_of(config: pytest.Config, items: Sequence[pytest.Item]) -> float:
    chosen = options.of(config).budget_seconds
    if chosen is not None:
        return chosen
    is_core = _all_are(items, "core") and until_of(config, items) is Until.ANSWERED
    return CORE_SECONDS if is_core and not gpu.present() else math.inf


def until_of(config: pytest.Config, items: Sequence[pytest.Item]) -> Until:
    """As the option says; else precise where the figures are compared with another commit's: by --benchmark-compare, or by the gate, where
    what it measures was chosen by its marker, and nothing else."""
    is_gate = bool(re.search(rf"\b{GATE}\b", config.option.markexpr)) and _all_are(items, GATE)
    is_across = is_gate or bool(config.option.benchmark_compare)
    return options.of(config).until or (Until.PRECISE if is_across else Until.ANSWERED)


def _all_are(items: Sequence[pytest.Item], marker: str) -> bool:
    of_cases = [item for item in items if CASE in item.stash]
    return bool(of_cases) and all(item.get_closest_marker(marker) for item in of_cases)
