"""The ratio, its interval and the call: honest on noise, sharp on a difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ratio import DEVICE_METER, HOST_METER, OLDER_HOST_METER, Answer, Ratio, compared_meter, in_digits, ratio, turns
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.findings.sides import FIRST, SECOND, case, readings, side

GENERATOR_SEED = 20261124


def measured(blocks: list[list[float]], steps: int = 1) -> Measurement:
    case = Case(framework="pytorch", phase="train_step", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=8)
    rounds = tuple(Round(seconds, seconds, 0.0, number) for number, block in enumerate(blocks) for seconds in block)
    return Measurement(case=case, outcome=Outcome.OK, steps_per_round=steps, rounds=rounds)


@given(st.lists(st.floats(0.01, 10.0), min_size=3, max_size=12), st.floats(0.1, 10.0))
def test_a_constant_factor_is_found_exactly_whatever_the_drift(drift: list[float], factor: float) -> None:
    found = ratio(measured([[factor * level] for level in drift]), measured([[level] for level in drift]))
    assert found.estimate == pytest.approx(factor)
    assert found.low == pytest.approx(factor)
    assert found.high == pytest.approx(factor)


@given(st.lists(st.floats(0.01, 10.0), min_size=3, max_size=8), st.lists(st.floats(0.01, 10.0), min_size=3, max_size=8))
def test_turned_round_the_ratio_is_inverted(first: list[float], second: list[float]) -> None:
    forth, back = (ratio(measured([[each] for each in a]), measured([[each] for each in b])) for a, b in ((first, second), (second, first)))
    assert forth.estimate == pytest.approx(1 / back.estimate)
    assert forth.low == pytest.approx(1 / back.high)
    assert forth.shows_difference == back.shows_difference


def test_steps_a_round_are_divided_out() -> None:
    assert turns(measured([[3.0, 6.0, 9.0], [4.0]], steps=2)) == {0: 3.0, 1: 2.0}


def test_the_interval_covers_and_equal_sides_are_not_called() -> None:
    generator = np.random.default_rng(GENERATOR_SEED)
    covered = called = 0
    for _ in range(1000):
        first, second = ([[float(value) for value in np.exp(generator.normal(0.0, 0.02, 3))] for _ in range(6)] for _ in range(2))
        found = ratio(measured(first), measured(second))
        covered += found.low <= 1.0 <= found.high
        called += found.shows_difference
    assert covered / 1000 > 0.95
    assert called / 1000 < 0.005


def test_a_difference_is_called() -> None:
    generator = np.random.default_rng(GENERATOR_SEED)
    first, second = ([[float(v) for v in scale * np.exp(generator.normal(0.0, 0.01, 3))] for _ in range(6)] for scale in (1.0, 1.1))
    found = ratio(measured(first), measured(second))
    assert found.shows_difference
    assert found.high < 1.0


@pytest.mark.parametrize(
    ("low", "high", "called"), [(0.99, 1.01, False), (1.01, 1.2, False), (1.03, 1.2, True), (0.8, 0.97, True), (0.8, 0.99, False)]
)
def test_what_two_processes_of_the_same_code_differ_by_is_no_difference(low: float, high: float, called: bool) -> None:
    assert Ratio((low + high) / 2, low, high).shows_difference is called


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.7, 0.9, Answer.FIRST),
        (1.1, 1.3, Answer.SECOND),
        (0.99, 1.01, Answer.NEITHER),
        (0.97, 1.01, Answer.OPEN),
        (0.99, 1.03, Answer.OPEN),
        (1.0, 1.3, Answer.OPEN),
        (1 / 1.02, 1.02, Answer.NEITHER),
    ],
)
def test_an_answer_is_what_the_whole_interval_allows(low: float, high: float, answer: Answer) -> None:
    assert Ratio((low + high) / 2, low, high).answer is answer


def test_memory_compares_bytes_and_has_no_interval() -> None:
    case = Case(framework="pytorch", phase="memory", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=8)
    first, second = (
        Measurement(
            case=case, outcome=Outcome.OK, rounds=(Round(1.0, 1.0, 0.0, 0),), readings=(Reading("host_anonymous_bytes", size, "test"),)
        )
        for size in (300, 200)
    )
    found = ratio(first, second)
    assert found == Ratio(found.estimate, found.estimate, found.estimate)
    assert found.estimate == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("ours", "theirs", "meter"),
    [
        ({"allocator_peak_bytes": 1, "host_anonymous_bytes": 2}, {"allocator_peak_bytes": 1, "host_anonymous_bytes": 2}, DEVICE_METER),
        ({"allocator_peak_bytes": 1, "host_anonymous_bytes": 2}, {"host_anonymous_bytes": 2}, HOST_METER),
        ({"host_anonymous_bytes": 2, "host_with_children_bytes": 3}, {"host_with_children_bytes": 3}, OLDER_HOST_METER),
        ({"host_anonymous_bytes": 2}, {"host_with_children_bytes": 3}, HOST_METER),  # which one of them could not read: not compared
    ],
)
def test_memory_is_compared_by_the_first_meter_that_all_could_read(ours: dict[str, int], theirs: dict[str, int], meter: str) -> None:
    sides = [side(case(name, "memory"), 1.0, readings=readings(**told)) for name, told in ((FIRST, ours), (SECOND, theirs))]
    assert compared_meter(sides) == meter


@pytest.mark.parametrize(
    ("factor", "told"),
    [(0.002011, "0.002"), (0.0117, "0.012"), (0.1, "0.10"), (0.69, "0.69"), (1.7, "1.70"), (497.5, "498")],
)
def test_a_ratio_far_from_one_keeps_its_digits(factor: float, told: str) -> None:
    assert in_digits(factor) == told
    assert Ratio(factor, factor, factor * 2).interval.startswith(f"{told} – ")
