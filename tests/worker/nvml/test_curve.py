"""A curve that is thinned out keeps its peak, its order and its bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.record.measurement import CurvePoint
from harness.worker.meters.nvml.curve import thinned


@given(st.lists(st.integers(0, 2**40), max_size=300), st.integers(1, 50))
def test_a_thinned_curve_keeps_its_peak_and_its_order(used: list[int], limit: int) -> None:
    points = [CurvePoint(float(index), value) for index, value in enumerate(used)]
    kept = thinned(points, limit)
    assert len(kept) == min(len(points), limit)
    assert max((point.used_bytes for point in kept), default=0) == max(used, default=0)
    assert [point.seconds for point in kept] == sorted({point.seconds for point in kept})
    assert set(kept) <= set(points)
