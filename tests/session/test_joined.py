"""One measurement of two visits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.record.measurement import LIMIT, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.joined import joined
from tests.findings.sides import FIRST, TURNS, case, readings, side


def visit(seconds: list[float], first_block: int, **fields: object) -> Measurement:
    rounds = tuple(Round(each, each / 2, 0.0, block, each / 4) for block, each in enumerate(seconds, first_block))
    return side(case(FIRST), 1.0, **{"rounds": rounds, "figures": {"build_seconds": 1.0}} | fields)


durations = st.lists(st.floats(1e-3, 10.0), min_size=1, max_size=20)


@given(durations, durations, st.integers(1, 50), st.integers(1, 50))
def test_the_rounds_of_both_are_there_in_seconds_a_step(first: list[float], second: list[float], steps: int, other_steps: int) -> None:
    """Another warm-up may have found rounds of other lengths."""
    before, after = visit(first, 0, steps_per_round=steps), visit(second, len(first), steps_per_round=other_steps)
    both = joined(before, after)
    assert both.step_seconds == pytest.approx(before.step_seconds + after.step_seconds)
    assert both.rounds[: len(first)] == before.rounds
    assert [each.block for each in both.rounds] == list(range(len(first) + len(second)))
    for each in both.rounds:
        assert (each.cpu_seconds, each.device_seconds) == pytest.approx((each.seconds / 2, each.seconds / 4))


def test_all_but_rounds_is_the_first_ones() -> None:
    before = visit([1.0] * TURNS, 0, readings=readings(host_peak_bytes=1), retaken_rounds=2)
    after = visit(
        [2.0] * TURNS, TURNS, figures={"build_seconds": 9.0}, readings=readings(host_peak_bytes=9), retaken_rounds=3, cold_start=None
    )
    both = joined(before, after)
    assert replace(both, rounds=before.rounds, retaken_rounds=2) == before
    assert both.retaken_rounds == 5


def test_references_go_on_with_the_rounds() -> None:
    limit = (Round(1.0, 0.5, 0.0, 0),)
    before = visit([1.0], 0, references={LIMIT: limit}, steps_per_round=4)
    both = joined(before, visit([2.0], 1, references={LIMIT: (Round(2.0, 1.0, 0.0, 1),)}, steps_per_round=2))
    assert both.references == {LIMIT: (*limit, Round(4.0, 2.0, 0.0, 1))}
    assert joined(before, visit([2.0], 1)).references == {LIMIT: limit}, "of a visit that has none"


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.OK])
def test_a_second_visit_that_failed_changes_nothing(outcome: Outcome) -> None:
    before = visit([1.0] * TURNS, 0)
    assert joined(before, visit([2.0], TURNS, outcome=outcome, detail="why")) is before
