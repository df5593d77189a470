"""The change points' benchmark in small, against what the rule of thumb was found to do: 5.7 % of quiet cases alarm falsely in 60 nights,
89 % of slow-downs by 5 % are found, half of them within 8 nights, and all by 10 % within 3.

The whole table: `python -m tests.history.trend_simulation`.
"""

from __future__ import annotations

from functools import partial

import pytest
from scipy import stats

from history.trends.limits import LIMITS
from tests.history.trend_simulation import Tally, ours, tally


@pytest.fixture(scope="module")
def tallied() -> Tally:
    return tally(partial(ours, LIMITS), histories=5, processes=3)


def test_false_alarms(tallied: Tally) -> None:
    assert stats.binomtest(tallied.false_alarms, tallied.quiet_cases, 0.057, alternative="greater").pvalue > 0.05
    assert tallied.false_alarm_rate < 0.057


def test_power(tallied: Tally) -> None:
    assert tallied.power(0.05) >= 0.89
    assert tallied.median_nights(0.05) <= 8
    assert tallied.power(0.10) == 1.0
    assert tallied.median_nights(0.10) <= 3
