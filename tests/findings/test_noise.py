"""The drawn noise is like the recorded one, and what is fitted is what it was drawn from."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tests.findings.noise import Noise, Sides, Wave, fitted, recorded, stretches

TURNS = 40_000


def drawn(noise: Noise, turns: int = TURNS) -> Sides:
    """A round a turn, each side's turn as long as a second."""
    random = np.random.default_rng(20261130)
    level = noise.shared.drawn(turns, random) + 2 * noise.drift_per_second * np.arange(turns)
    first, second = (np.exp(level + noise.rounds(turns, random)) for _ in range(2))
    return first.tolist(), second.tolist()


def correlation(values: np.ndarray) -> float:
    values = values - values.mean()
    return float(values[1:] @ values[:-1] / (values @ values))


def test_a_wave_has_its_deviation_and_its_correlation() -> None:
    values = Wave(0.3, 0.7).drawn(TURNS, np.random.default_rng(1))
    assert values.std() == pytest.approx(0.3, rel=0.05)
    assert correlation(values) == pytest.approx(0.7, abs=0.03)


def test_what_is_fitted_is_what_was_drawn() -> None:
    noise = Noise(Wave(0.06, 0.7), Wave(0.08, 0.2), spike_share=0.02, spike_size=0.5, drift_per_second=0.0)
    found = fitted([drawn(noise)])
    assert found.shared.deviation == pytest.approx(0.06, rel=0.1)
    assert found.shared.correlation == pytest.approx(0.7, abs=0.1)
    assert found.own.deviation == pytest.approx(0.08, rel=0.2)  # of the spikes under three deviations it keeps some
    assert found.own.correlation == pytest.approx(0.2, abs=0.1)
    assert 0.01 < found.spike_share < 0.02
    assert found.drift_per_second == pytest.approx(0.0, abs=1e-6)


def test_a_drift_is_found() -> None:
    noise = Noise(Wave(0.0, 0.0), Wave(0.01, 0.0), 0.0, 0.0, drift_per_second=0.0003)
    assert fitted([drawn(noise, turns=200)]).drift_per_second == pytest.approx(0.0003, rel=0.15)


def test_drawn_turns_are_spread_and_follow_one_another_like_the_recorded() -> None:
    still = msgspec.structs.replace(fitted(recorded().values()), drift_per_second=0.0)
    first, second = (np.log(side) for side in drawn(still))
    pairs = [tuple(np.log(side) for side in sides) for sides in recorded().values()]
    ratios = [ours - theirs for ours, theirs in pairs]
    sides = [side for pair in pairs for side in pair]
    assert (first - second).std() == pytest.approx(np.sqrt(np.mean([each.var() for each in ratios])), rel=0.2)
    assert correlation(first - second) == pytest.approx(np.mean([correlation(each) for each in ratios]), abs=0.1)
    assert correlation(first) == pytest.approx(np.mean([correlation(each) for each in sides]), abs=0.2)


def test_a_quieter_machine_has_less_of_all() -> None:
    noise = fitted(recorded().values())
    quiet = noise.scaled(0.5)
    assert quiet.own == Wave(noise.own.deviation / 2, noise.own.correlation)
    assert quiet.shared == Wave(noise.shared.deviation / 2, noise.shared.correlation)
    assert (quiet.spike_share, quiet.spike_size, quiet.drift_per_second) == (
        noise.spike_share,
        noise.spike_size / 2,
        noise.drift_per_second / 2,
    )


def test_stretches_are_the_recorded_turns() -> None:
    longest = max(len(first) for first, _ in recorded().values())
    assert list(stretches(longest)) == [sides for sides in recorded().values() if len(sides[0]) == longest]
    assert all(len(first) == len(second) == 10 for first, second in stretches(10))
