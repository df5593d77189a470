"""A mean over turns, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.findings.ratio import mean_interval


class Interval(msgspec.Struct, frozen=True):
    estimate: float
    low: float
    high: float


def mean_of(values: Sequence[float]) -> Interval | None:
    """None where they are too few."""
    found = mean_interval(values)
    return None if found is None else Interval(*found)
