"""The order of comparisons, and what a plan says of the time they take."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.session.pace.durations import clock, told
from harness.session.pace.plan import Plan, Planned, ordered

seconds = st.floats(0.1, 1000.0)
groups = st.tuples(st.integers(0, 1), st.integers(-3, 0))


@st.composite
def comparisons(draw: st.DrawFn, most: int = 12) -> list[Planned]:
    drawn = draw(st.lists(st.tuples(seconds, groups), min_size=1, max_size=most))
    return [Planned(f"comparison {number}", each, group) for number, (each, group) in enumerate(drawn)]


@given(comparisons(), st.floats(0.0, 10_000.0) | st.just(float("inf")))
def test_every_comparison_comes_once_in_an_order(planned: list[Planned], budget_seconds: float) -> None:
    found = ordered(planned, budget_seconds)
    assert sorted(found, key=lambda each: each.title) == sorted(planned, key=lambda each: each.title)
    assert found == ordered(planned, budget_seconds)


@given(comparisons())
def test_where_there_is_room_groups_are_together_and_what_is_quick_comes_first(planned: list[Planned]) -> None:
    found = ordered(planned, float("inf"))
    assert [each.group for each in found] == sorted(each.group for each in planned)
    for _, of_one in itertools.groupby(found, key=lambda each: each.group):
        own = [each.seconds for each in of_one]
        assert own == sorted(own)


@given(comparisons(), st.floats(0.0, 5000.0))
def test_what_has_no_room_comes_last_and_is_what_takes_longest(planned: list[Planned], budget_seconds: float) -> None:
    assume(sum(each.seconds for each in planned) > budget_seconds)
    found = ordered(planned, budget_seconds)
    spent = list(itertools.accumulate(each.seconds for each in found))
    kept = max(count for count in range(len(found) + 1) if not count or spent[count - 1] <= budget_seconds * (1 + 1e-9))
    first, late = found[:kept], found[kept:]
    assert late
    assert max((each.seconds for each in first), default=0.0) <= min(each.seconds for each in late)
    assert [each.seconds for each in late] == sorted(each.seconds for each in late)
    assert first == ordered(first, float("inf")), "what has room is in the order of a session that has nothing else"


def test_equal_ones_stay_as_they_were() -> None:
    planned = [Planned(name, 30.0, (0, 0)) for name in ("b", "a", "c")]
    assert ordered(planned, 300.0) == planned


@given(comparisons(), st.floats(0.2, 5.0), st.booleans())
def test_a_plan_corrects_itself_towards_what_was_seen_and_never_beyond(planned: list[Planned], factor: float, is_known: bool) -> None:
    """Each comparison takes so many times what was expected."""
    plan = Plan(planned, is_known)
    expected = sum(each.seconds for each in planned)
    assert plan.left_seconds == pytest.approx(expected)
    for each in planned:
        before = plan.left_seconds
        plan.over(each.title, factor * each.seconds)
        expected -= each.seconds
        low, high = sorted((1.0, factor))
        assert low * expected - 1e-6 <= plan.left_seconds <= high * expected + 1e-6
        assert plan.left_seconds <= max(before, high * expected + 1e-6)
        assert plan.seconds(each.title) == 0.0
    assert plan.left_seconds == plan.comparisons == 0


def test_a_guess_is_corrected_sooner_than_what_is_known() -> None:
    planned = [Planned(str(number), 10.0, (0, 0)) for number in range(4)]
    guessed, known = Plan(planned, is_known=False), Plan(planned, is_known=True)
    for plan in (guessed, known):
        plan.over("0", 20.0)
    assert guessed.left_seconds > known.left_seconds > 30.0


def test_what_is_not_planned_corrects_nothing() -> None:
    plan = Plan([Planned("a", 10.0, (0, 0))], is_known=True)
    plan.over("another", 1000.0)
    assert plan.left_seconds == pytest.approx(10.0)


def test_further_turns_are_part_of_it_until_it_is_known_how_long_they_take() -> None:
    plan = Plan([Planned("a", 10.0, (0, 0))], is_known=True, further_seconds=40.0)
    assert plan.left_seconds == pytest.approx(50.0)
    plan.over("a", 10.0)
    assert plan.left_seconds == pytest.approx(40.0)
    plan.further("a", 25.0)
    assert plan.left_seconds == plan.seconds("a") == pytest.approx(25.0)
    plan.leave_out("a")
    assert plan.left_seconds == 0.0


@pytest.mark.parametrize(
    ("count", "is_known", "budget_seconds", "line"),
    [
        (1, True, None, "plan: 1 comparison, about 40 s, as last time on this machine"),
        (3, False, None, "plan: 3 comparisons, about 2 min, a guess: not all of it has been measured on this machine before"),
        (3, True, 300.0, "plan: 3 comparisons, about 2 min, as last time on this machine; the budget is 5 min (--budget)"),
        (9, True, 300.0, "plan: 9 comparisons, about 5 min, as last time on this machine; the budget is 5 min (--budget)"),
    ],
)
def test_it_is_told_in_a_line(count: int, is_known: bool, budget_seconds: float | None, line: str) -> None:
    """What a budget has no room for is not measured."""
    assert Plan([Planned(str(number), 40.0, (0, 0)) for number in range(count)], is_known).told(budget_seconds) == line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (280.0, "4 min 40 s"),
        (3599.6, "1 h"),
        (7800.0, "2 h 10 min"),
        (float("inf"), "longer than can be told"),
    ],
)
def test_durations_are_told_as_people_say_them(seconds: float, text: str) -> None:
    assert told(seconds) == text


@given(st.floats(1.0, 1e6))
def test_a_duration_that_is_told_is_that_long_to_the_unit_that_is_shown(seconds: float) -> None:
    sizes = {"s": 1, "min": 60, "h": 3600}
    words = told(seconds).split()
    found = sum(int(number) * sizes[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(found - seconds) <= (60.5 if "h" in words else 0.5)


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0:00"), (59.9, "0:59"), (280.0, "4:40"), (7265.0, "121:05")])
def test_a_clock_counts_up(seconds: float, text: str) -> None:
    assert clock(seconds) == text
