"""What other people's work does to durations on one machine: fitted from turns that were recorded there, and drawn again.

The same framework was measured twice, side by side (`record_noise` says how), so every difference between the two is noise.
The logarithm of a round's seconds is a drift, a wave that both sides of a turn share, a wave of the side's own, and now and then a spike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

RECORDED = Path(__file__).parent / "recorded_noise.json"
SPIKE_DEVIATIONS = 3.0  # robust ones above the median: further up it is a spike

Floats = npt.NDArray[np.float64]
Sides = tuple[Sequence[float], Sequence[float]]  # seconds a step, one value a turn


class Wave(msgspec.Struct, frozen=True):
    """An autoregression of order 1."""

    deviation: float
    correlation: float  # of neighbours

    @property
    def innovation(self) -> float:
        return self.deviation * math.sqrt(1 - self.correlation**2)

    def drawn(self, count: int, random: np.random.Generator) -> Floats:
        """From its stationary state on."""
        values = random.normal(0.0, self.innovation, count)
        values[0] = random.normal(0.0, self.deviation)
        for place in range(1, count):
            values[place] += self.correlation * values[place - 1]
        return values


class Noise(msgspec.Struct, frozen=True):
    """In logarithms of seconds."""

    shared: Wave  # by turn, of both sides alike
    own: Wave  # by round, of each side
    spike_share: float  # of rounds
    spike_size: float  # their mean
    drift_per_second: float  # of both sides, up or down

    def scaled(self, factor: float) -> Noise:
        """That of a machine which is quieter, in all but how often it is disturbed."""
        waves = (Wave(factor * each.deviation, each.correlation) for each in (self.shared, self.own))
        return Noise(*waves, self.spike_share, factor * self.spike_size, factor * self.drift_per_second)

    def rounds(self, count: int, random: np.random.Generator) -> Floats:
        """Of one side: its own wave and its spikes."""
        spikes = (random.random(count) < self.spike_share) * random.exponential(self.spike_size, count)
        return self.own.drawn(count, random) + spikes


def recorded() -> dict[str, Sides]:
    """By the name of the comparison."""
    return {name: (first, second) for name, (first, second) in json.loads(RECORDED.read_text())["comparisons"].items()}


def stretches(turns: int) -> Iterator[Sides]:
    """Each so many recorded turns that follow one another."""
    for first, second in recorded().values():
        for start in range(len(first) - turns + 1):
            yield first[start : start + turns], second[start : start + turns]


def fitted(comparisons: Iterable[Sides]) -> Noise:
    """From all of them together: what is common to them is the machine.

    Two sides of a turn are alike in the shared wave alone, and in their difference there is none of it.
    """
    residuals, differences, spikes, drifts = [], [], [], []
    for sides in comparisons:
        pair, slopes = zip(*(_residual(np.log(side)) for side in sides), strict=True)
        drifts.append(float(np.mean(slopes)) / float(np.mean(np.sum(sides, axis=0))))
        spikes.extend(_spikes(side) for side in pair)
        calm = [_calm(side) for side in pair]
        residuals.append(calm)
        differences.append(calm[0] - calm[1])
    alike = sum(float(first @ second) for first, second in residuals)
    turns = sum(len(first) for first, _ in residuals)
    alike_later = sum(float(first[1:] @ second[:-1] + first[:-1] @ second[1:]) / 2 for first, second in residuals)
    apart = sum(float(each @ each) for each in differences)
    apart_later = sum(float(each[1:] @ each[:-1]) for each in differences)
    heights = np.concatenate(spikes)
    return Noise(
        shared=Wave(math.sqrt(max(0.0, alike) / turns), _correlation(alike_later, alike)),
        own=Wave(math.sqrt(apart / turns / 2), _correlation(apart_later, apart)),
        spike_share=len(heights) / (2 * turns),
        spike_size=float(heights.mean()) if len(heights) else 0.0,
        drift_per_second=float(np.sqrt(np.mean(np.square(drifts)))),
    )


def _residual(logs: Floats) -> tuple[Floats, float]:
    """From a straight line, and the line's slope by turn."""
    turns = np.arange(len(logs))
    slope, level = np.polyfit(turns, logs, 1)
    rest = logs - slope * turns - level
    return rest - np.median(rest), float(slope)


def _is_spike(residual: Floats) -> npt.NDArray[np.bool_]:
    return residual > SPIKE_DEVIATIONS * 1.4826 * np.median(np.abs(residual))


def _spikes(residual: Floats) -> Floats:
    return residual[_is_spike(residual)]


def _calm(residual: Floats) -> Floats:
    """Without its spikes."""
    rest = np.where(_is_spike(residual), 0.0, residual)
    return np.asarray(rest - rest.mean())


def _correlation(later: float, same: float) -> float:
    return min(0.95, max(0.0, later / same)) if same > 0.0 else 0.0
