"""The search for the largest batch: whatever fits, it ends, finds it within its granularity and asks no size twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ratio import ratio
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.largest_batch import GRANULARITY, LIMIT, Search


@given(st.integers(1, LIMIT), st.integers(0, 2 * LIMIT))
def test_the_largest_that_fits_is_found_within_the_granularity(start: int, truth: int) -> None:
    asked: list[int] = []
    search = Search(start)
    while (size := search.next_size) is not None:
        asked.append(size)
        search = search.with_trial(size, fits=size <= truth)
    assert len(asked) == len(set(asked)) <= 30
    assert all(1 <= size <= LIMIT for size in asked)
    if truth == 0:
        assert (search.largest, search.smallest_misfit) == (0, 1)
    elif truth >= LIMIT:
        assert (search.largest, search.smallest_misfit) == (LIMIT, None)
    else:
        assert search.smallest_misfit is not None
        assert search.largest <= truth < search.smallest_misfit
        assert search.smallest_misfit - search.largest <= max(1, search.largest // GRANULARITY)
        assert {search.largest, search.smallest_misfit} <= set(asked)


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
