"""The stopping rule and the interval it stands on."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.session.stopping import StoppingRule, median_margin

RULE = StoppingRule(precision=0.01, confidence=0.95, min_rounds=10, max_seconds=8.0, max_rounds=100, min_blocks=5)
durations = st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=200)


@given(durations, st.integers(0, 20), st.floats(0.0, 20.0))
def test_the_floor_holds_whatever_the_ceiling_says(values: list[float], blocks: int, spent_seconds: float) -> None:
    if RULE.satisfied(values, blocks, spent_seconds):
        assert len(values) >= RULE.min_rounds
        assert blocks >= RULE.min_blocks
        assert (
            len(values) >= RULE.max_rounds or spent_seconds >= RULE.max_seconds or median_margin(values, RULE.confidence) <= RULE.precision
        )


@given(durations)
def test_the_ceilings_end_it(values: list[float]) -> None:
    enough = len(values) >= RULE.min_rounds
    assert RULE.satisfied(values, RULE.min_blocks, RULE.max_seconds) is enough
    crowded = msgspec.structs.replace(RULE, max_rounds=len(values), min_rounds=1)
    assert crowded.satisfied(values, RULE.min_blocks, 0.0)


def test_equal_rounds_are_enough_and_scattered_ones_are_not() -> None:
    assert RULE.satisfied([1.0] * 10, 5, 0.0)
    assert not RULE.satisfied([1.0, 1.5] * 10, 5, 0.0)
    assert not RULE.satisfied([1.0] * 9, 5, 100.0)


def test_a_latencys_floor_is_raised_where_there_is_time_and_never_lowered() -> None:
    assert RULE.of_single_items(100).min_rounds == 100
    assert RULE.of_single_items(3).min_rounds == RULE.min_rounds
    hurried = msgspec.structs.replace(RULE, has_time=False, min_rounds=3)
    assert hurried.of_single_items(100).min_rounds == 10


@given(st.integers(0, 200), st.integers(0, 20))
def test_an_answer_wants_the_floor_in_rounds_and_turns_enough_for_an_interval(rounds: int, blocks: int) -> None:
    assert RULE.may_answer(rounds, blocks) is (rounds >= RULE.min_rounds and blocks >= RULE.least_blocks)
    assert RULE.once().may_answer(rounds, blocks) is (rounds >= 1 and blocks >= RULE.least_blocks)


@given(durations, st.floats(0.0, 20.0))
def test_a_second_visit_goes_on_until_its_time_is_over_however_precise_it_is(values: list[float], spent_seconds: float) -> None:
    visit = RULE.going_on(7.0)
    assert visit.may_answer(1, 1)
    over = spent_seconds >= 7.0 or len(values) >= RULE.max_rounds
    scattered = median_margin(values, RULE.confidence) > 0.0
    assert visit.satisfied(values, 1, spent_seconds) is (over or not scattered)
    assert visit.of_single_items(100).min_rounds == 10


def test_too_few_values_have_no_interval() -> None:
    assert median_margin([1.0] * 5, 0.95) == math.inf
    assert median_margin([1.0] * 20, 0.95) == 0.0


@pytest.mark.parametrize("count", [10, 25, 100])
def test_the_interval_covers_the_true_median(count: int) -> None:
    """Lognormal durations of median 1: the order statistics' interval must hold it in 95 % of samples, as it promises."""
    generator = np.random.default_rng(20261124)
    held = 0
    for _ in range(2000):
        ordered = np.sort(np.exp(generator.normal(0.0, 0.1, count)))
        reach = 1.959964 * math.sqrt(count) / 2
        low, high = math.floor(count / 2 - reach), math.ceil(count / 2 + reach)
        assert median_margin(ordered.tolist(), 0.95) == pytest.approx((ordered[high - 1] - ordered[low - 1]) / 2 / np.median(ordered))
        held += bool(ordered[low - 1] <= 1.0 <= ordered[high - 1])
    assert held / 2000 > 0.94
