"""The confidence sequence: what its width follows from, and that it holds however often one looks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t as student

from harness.findings.ratio import CONFIDENCE, MIN_TURNS
from harness.findings.sequence import deviations, half_width

counts = st.integers(MIN_TURNS, 5000)
confidences = st.floats(0.5, 0.999)
series = st.lists(st.floats(-10.0, 10.0), min_size=MIN_TURNS, max_size=50)


@given(series, st.floats(1e-3, 1e3))
def test_it_is_as_wide_as_the_values_are_spread(values: list[float], factor: float) -> None:
    assert half_width([factor * each for each in values], CONFIDENCE) == pytest.approx(factor * half_width(values, CONFIDENCE), abs=1e-9)


@given(series, st.floats(-100.0, 100.0))
def test_it_is_as_wide_wherever_the_values_lie_and_on_whichever_side(values: list[float], shift: float) -> None:
    found = pytest.approx(half_width(values, CONFIDENCE), rel=1e-6, abs=1e-9)
    assert half_width([each + shift for each in values], CONFIDENCE) == found
    assert half_width([-each for each in values], CONFIDENCE) == found
    assert half_width(values[::-1], CONFIDENCE) == found


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [1.0, 1.001]])
def test_fewer_values_than_make_an_answer_bound_nothing(values: list[float]) -> None:
    assert len(values) < MIN_TURNS
    assert half_width(values, CONFIDENCE) == math.inf


@given(counts)
def test_more_values_of_the_same_spread_make_it_narrower(count: int) -> None:
    assert 0.0 < deviations(count + 1, CONFIDENCE) < deviations(count, CONFIDENCE) < math.inf


@given(counts, confidences, confidences)
def test_more_confidence_makes_it_wider(count: int, one: float, other: float) -> None:
    assume(one < other)
    assert deviations(count, one) <= deviations(count, other)


@given(counts)
def test_looking_all_the_time_costs_width_against_looking_once(count: int) -> None:
    once = float(student.ppf(0.5 + CONFIDENCE / 2, count - 1)) / math.sqrt(count)
    assert once < deviations(count, CONFIDENCE) < 4 * once


def _ever_missed(values: np.ndarray, boundaries: np.ndarray) -> np.ndarray:
    """Whether 0 lies out of the interval after any value; values: a row a series, boundaries: in deviations, by count."""
    count = np.arange(1, values.shape[1] + 1)
    means = values.cumsum(axis=1) / count
    squares = (values**2).cumsum(axis=1) - count * means**2
    spread = np.sqrt(np.maximum(squares, 0.0) / np.maximum(count - 1, 1))
    return np.asarray((np.abs(means) > boundaries * spread)[:, MIN_TURNS - 1 :].any(axis=1))


def test_over_all_looks_together_it_misses_no_oftener_than_it_says_and_an_interval_for_one_look_does() -> None:
    """10,000 series of 200 normal values, looked at after each from the third on."""
    values = np.random.default_rng(20261130).normal(0.0, 1.0, (10_000, 200))
    few = [1e9] * (MIN_TURNS - 1)
    every = range(MIN_TURNS, 201)
    sequence = np.array([*few, *(deviations(count, CONFIDENCE) for count in every)])
    once = np.array([*few, *(student.ppf(0.5 + CONFIDENCE / 2, count - 1) / math.sqrt(count) for count in every)])
    assert _ever_missed(values, sequence).mean() <= 1 - CONFIDENCE
    assert _ever_missed(values, once).mean() > 5 * (1 - CONFIDENCE)
