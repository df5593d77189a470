"""The search for the largest batch: whatever fits, it ends, finds it within its granularity and asks no size twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ratio import ratio
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.largest_batch import GRANULARITY, LIMIT, search


@given(st.integers(1, LIMIT), st.integers(0, 2 * LIMIT))
def test_the_largest_that_fits_is_found_within_the_granularity(start: int, truth: int) -> None:
    asked: list[int] = []

    def fits(size: int) -> bool:
        asked.append(size)
        return size <= truth

    found = search(start, fits)
    assert len(asked) == len(set(asked)) <= 30
    assert all(1 <= size <= LIMIT for size in asked)
    if truth == 0:
        assert (found.largest, found.smallest_misfit) == (None, 1)
    elif truth >= LIMIT:
        assert (found.largest, found.smallest_misfit) == (LIMIT, None)
    else:
        assert found.largest is not None
        assert found.smallest_misfit is not None
        assert found.largest <= truth < found.smallest_misfit
        assert found.smallest_misfit - found.largest <= max(1, found.largest // GRANULARITY)
        assert {found.largest, found.smallest_misfit} <= set(asked)


def side(largest: int, misfit: int) -> Measurement:
    figures = {"largest_batch_size": float(largest), "smallest_out_of_memory_batch_size": float(misfit)}
    return Measurement(
        case=Case(framework="x", phase="largest_batch", workload=Workload.FULL, style=Style.MATCHED, batch_size=64),
        outcome=Outcome.OK,
        figures=figures,
    )


def test_a_difference_is_called_only_beyond_the_granularity() -> None:
    near = ratio(side(1000, 1060), side(1040, 1100))
    assert near is not None
    assert not near.shows_difference
    far = ratio(side(1000, 1060), side(2000, 2100))
    assert far is not None
    assert (far.estimate, far.shows_difference) == (2.0, True)
