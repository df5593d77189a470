"""What an undecided comparison would take: none where it is answered, no end on the border, else about what it then takes."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.findings.outlook import Outlook, outlook
from harness.findings.ratio import MIN_TURNS, PROCESS_SPREAD, Answer, Ratio, mean_interval, ratio
from harness.record.measurement import Measurement
from harness.record.round import Round
from tests.findings.sides import FIRST, SECOND, case, side

BORDER = math.log1p(PROCESS_SPREAD)
outlooks = st.builds(
    Outlook,
    turns=st.integers(MIN_TURNS, 200),
    turn_seconds=st.floats(0.01, 10.0),
    deviation=st.floats(1e-4, 1.0),
    distance=st.floats(1e-3, 1.0),
)


def measured(framework: str, seconds: list[float]) -> Measurement:
    return side(case(framework), 1.0, rounds=tuple(Round(each, each, 0.0, turn) for turn, each in enumerate(seconds)))


@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)), min_size=MIN_TURNS, max_size=20))
def test_a_comparison_is_answered_where_its_border_is_further_than_its_interval_reaches(turns: list[tuple[float, float]]) -> None:
    first, second = (measured(name, [turn[place] for turn in turns]) for place, name in enumerate((FIRST, SECOND)))
    found, told = outlook(first, second), ratio(first, second)
    assume(abs(found.distance - found.half_width(0.0)) > 1e-9)
    assert (told.answer is not Answer.OPEN) is (found.distance > found.half_width(0.0))
    assert (told.answer is not Answer.OPEN) is (found.seconds_to_answer == 0.0)


@given(outlooks, st.floats(0.05, 0.99))
def test_after_the_time_it_takes_there_is_an_answer_and_a_turn_before_there_is_none(anything: Outlook, nearer: float) -> None:
    found = Outlook(anything.turns, anything.turn_seconds, anything.deviation, nearer * anything.half_width(0.0))
    seconds = found.seconds_to_answer
    assert 0.0 < seconds < math.inf
    turns = found.turns + round(seconds / found.turn_seconds)
    after, before = (Outlook(each, found.turn_seconds, found.deviation, found.distance) for each in (turns, turns - 1))
    assert after.half_width(0.0) <= found.distance < before.half_width(0.0)


@given(outlooks, st.floats(1.0, 5.0))
def test_it_takes_longer_the_noisier_the_nearer_the_border_and_the_longer_the_turns(found: Outlook, factor: float) -> None:
    noisier = Outlook(found.turns, found.turn_seconds, factor * found.deviation, found.distance)
    nearer = Outlook(found.turns, found.turn_seconds, found.deviation, found.distance / factor)
    longer = Outlook(found.turns, factor * found.turn_seconds, found.deviation, found.distance)
    assert noisier.seconds_to_answer >= found.seconds_to_answer
    assert nearer.seconds_to_answer >= found.seconds_to_answer
    assert longer.seconds_to_answer == pytest.approx(factor * found.seconds_to_answer)


@given(outlooks, st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_the_longer_it_goes_on_the_narrower_the_interval(found: Outlook, one: float, other: float) -> None:
    assert found.half_width(max(one, other)) <= found.half_width(min(one, other)) <= found.half_width(0.0)


def test_on_the_border_it_takes_for_ever() -> None:
    assert Outlook(turns=10, turn_seconds=1.0, deviation=0.1, distance=0.0).seconds_to_answer == math.inf


def test_of_too_few_turns_nothing_is_known() -> None:
    assert outlook(measured(FIRST, [1.0, 1.1]), measured(SECOND, [1.0, 1.2])) is None
    loud = side(case(FIRST), 1.0, foreign_share=0.5)
    assert outlook(loud, measured(SECOND, [1.0, 1.2, 1.3])) is None


def test_a_turn_is_as_long_as_both_sides_together() -> None:
    found = outlook(measured(FIRST, [1.0, 2.0, 3.0]), measured(SECOND, [2.0, 2.0, 2.0]))
    assert (found.turns, found.turn_seconds) == (3, pytest.approx(4.0))


@pytest.mark.parametrize(("true", "deviation"), [(1.05, 0.03), (1.05, 0.08), (1.2, 0.2), (1.0, 0.02), (1 / 1.1, 0.1)])
def test_the_median_comparison_takes_half_to_twice_as_long(true: float, deviation: float) -> None:
    """300 comparisons, looked at after each turn."""
    random = np.random.default_rng(20261130)
    expected = Outlook(MIN_TURNS, 1.0, deviation, abs(abs(math.log(true)) - BORDER)).seconds_to_answer + MIN_TURNS
    taken = statistics.median(_turns_taken(random.normal(math.log(true), deviation, 400).tolist()) for _ in range(300))
    assert expected / 2 <= taken <= 2 * expected


def _turns_taken(logs: list[float]) -> int:
    """Until there is an answer."""
    for count in range(MIN_TURNS, len(logs)):
        interval = mean_interval(logs[:count])
        assert interval is not None
        if Ratio(*map(math.exp, interval)).answer is not Answer.OPEN:
            return count
    return len(logs)
