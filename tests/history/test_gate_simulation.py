"""The gate's benchmark in small: few jobs, the same seed, so that the figures are always the same.

The whole table: `python -m tests.history.gate_simulation`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import stats

from history.gate.moderation import prior
from history.gate.sequential import FASTER, SLOWER, rejected
from history.pairs.plan import Plan
from tests.history.gate_simulation import Tally, ours, tally
from tests.history.simulated_gate import PLAN


@pytest.fixture(scope="module")
def ours_tallied() -> Tally:
    return tally(partial(ours, PLAN), runs=60)


def test_at_most_one_run_in_a_hundred_has_a_false_alarm(ours_tallied: Tally) -> None:
    found = stats.binomtest(ours_tallied.runs_with_false_alarm, ours_tallied.runs, 0.01, alternative="greater")
    assert found.pvalue > 0.01


def test_power(ours_tallied: Tally) -> None:
    assert ours_tallied.power[0.03] >= 0.9
    assert ours_tallied.power[0.05] >= 0.99
    assert ours_tallied.power[0.10] == 1.0


def test_cost_of_a_quiet_run(ours_tallied: Tally) -> None:
    assert ours_tallied.measurements <= 1600  # 8 pairs of 100 cases


def test_the_level_holds_without_dropping() -> None:
    """1,000 families of 10 cases, all pairs measured: families with an alarm, at a level high enough to be counted."""
    plan = Plan(max_pairs=24, false_alarm_rate=0.05)
    random = np.random.default_rng(7)
    families = 1000
    for direction in (SLOWER, FASTER):
        alarms = sum(rejected(random.standard_t(5, (10, 24)), plan, direction).any() for _ in range(families))
        assert stats.binomtest(int(alarms), families, 0.05, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize("max_pairs", [1, 4, 8, 14, 64, 100])
def test_the_looks_spend_the_whole_level_once(max_pairs: int) -> None:
    looks = Plan(max_pairs=max_pairs).looks()
    assert looks[-1][0] == max_pairs
    assert sum(level for _, level in looks) == pytest.approx(0.01)
    assert all(level > 0 for _, level in looks)


@pytest.mark.parametrize("degrees", [3.0, 8.0])
def test_the_prior_finds_what_variances_were_drawn_from(degrees: float) -> None:
    """Smyth's model: 1 / variance is a scaled chi-square with `degrees`."""
    random = np.random.default_rng(3)
    variances = 4e-4 * degrees / random.chisquare(degrees, 20_000)
    found = prior(variances * random.chisquare(3, 20_000) / 3, 3)
    assert found.degrees == pytest.approx(degrees, rel=0.15)
    assert found.variance == pytest.approx(4e-4, rel=0.05)


def test_no_spread_at_all() -> None:
    same = np.full((3, 8), 0.05)
    same[1] = 0.0
    assert rejected(same, Plan(max_pairs=8), SLOWER).tolist() == [True, False, True]
