"""Change points: found where they are, with an interval that holds the truth; noise, bad nights and gaps are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from history.trends.change_points import trends
from history.trends.limits import LIMITS
from tests.history.noisy_job import Floats

SD = 0.01


def quiet(nights: int = 60, cases: int = 12, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0, SD, (nights, cases))


@pytest.mark.parametrize("shift", [0.06, -0.06])
def test_a_shift_is_found_where_it_is(shift: float) -> None:
    values = quiet()
    values[30:, 4] += shift
    found = trends(values).cases
    (change,) = found[4]
    assert (change.night, change.earliest, change.latest, change.last_before) == (30, 30, 30, 29)
    assert change.low < shift < change.high
    assert change.high - change.low < 0.02
    assert (change.nights_before, change.nights_after) == (30, 30)
    assert not any(found[:4] + found[5:])


def test_a_small_shift_is_given_the_nights_it_may_have_been() -> None:
    """Over many histories the range holds the true night as often as it says."""
    held, widths, count = 0, [], 0
    for seed in range(60):
        values = quiet(seed=seed)
        values[30:, 0] += 0.025
        for change in trends(values).cases[0]:
            count += 1
            held += change.earliest <= 30 <= change.latest
            widths.append(change.latest - change.earliest)
    assert count > 40
    assert held / count > 0.85
    assert max(widths) > 0


def test_intervals_hold_the_truth() -> None:
    held, count = 0, 0
    for seed in range(60):
        values = quiet(seed=100 + seed)
        values[40:, 0] += 0.07
        for change in trends(values).cases[0]:
            count += 1
            held += change.low < 0.07 < change.high
    assert count == 60
    assert held / count > 0.85


def test_one_bad_night_is_no_level_nor_are_two() -> None:
    values = quiet()
    values[20] += 0.3
    values[58:, 3] += 0.3
    assert not any(trends(values).cases)


def test_a_gap_is_stepped_over() -> None:
    values = quiet()
    values[30:, 2] += 0.08
    values[25:35, 2] = np.nan
    (change,) = trends(values).cases[2]
    assert (change.last_before, change.night) == (24, 35)


def test_a_change_of_all_cases_is_in_each_and_a_small_drift_of_all_in_what_they_share() -> None:
    values = quiet()
    values[30:] += 0.08
    found = trends(values)
    assert all([change.night for change in case] == [30] for case in found.cases)
    values = quiet() + np.where(np.arange(60) >= 30, 0.022, 0.0)[:, None]
    found = trends(values)
    assert [change.night for change in found.family] == [30] or sum(map(bool, found.cases)) > 6


def test_too_few_nights_say_nothing() -> None:
    values = quiet(nights=LIMITS.fewest_nights - 1)
    values[5:] += 0.5
    assert not any(trends(values).cases)


def test_a_meter_that_never_varies() -> None:
    values = np.full((40, 3), 20.0)
    values[20:, 1] += 0.03
    found = trends(values)
    assert [change.night for change in found.cases[1]] == [20]
    assert not found.cases[0]


def rugged() -> Floats:
    """Whose likeliest night of change lies outside of the levels that are long enough."""
    values = np.zeros((14, 3))
    values[[8, 10, 11], 2] = 1.0
    return values


VALUES = st.floats(-30, 30) | st.just(float("nan"))


@settings(max_examples=150, deadline=None)
@example(rugged())
@given(arrays.arrays(np.float64, st.tuples(st.integers(0, 40), st.integers(1, 10)), elements=VALUES))
def test_whatever_comes_is_answered(values: Floats) -> None:
    for case, changes in enumerate(trends(values).cases):
        for change in changes:
            assert change.last_before < change.earliest <= change.night <= change.latest
            assert np.isfinite(values[[change.last_before, change.night, change.latest], case]).all()
            assert change.low <= change.log_shift <= change.high
