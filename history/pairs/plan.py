"""What is fixed before the first measurement: levels, looks and limits."""

from __future__ import annotations

import math

import msgspec

FIRST_PAIRS = 4  # every case gets so many; AB BA AB BA cancels a linear drift twice
BATCH_PAIRS = 2  # then so many at a time: AB BA
LOOKS = (8, 12, 16, 24, 32, 48)  # numbers of pairs at which an alarm may be raised; the last look is at max_pairs
DEFAULT_MAX_PAIRS = 64  # for an unclear case
CONFIDENCE = 0.95  # of the intervals shown
WIDEST_HALF_WIDTH = 0.05  # an interval wider than ±5 % says nothing


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults are the frontier found by `tests/history/gate_simulation.py`."""

    max_pairs: int
    min_effect: float = 0.02  # share of the base's time; a smaller change is no regression however sure it is
    false_alarm_rate: float = 0.01  # at most, of runs in which nothing changed, whatever the number of cases
    miss_rate: float = 0.10  # of cases changed by 1.5 × min_effect, dropped too early

    @property
    def min_log_effect(self) -> float:
        return math.log1p(self.min_effect)

    @property
    def sought_slower(self) -> float:
        """Logarithm of the smallest slow-down that is worth the pairs it takes to find it."""
        return math.log1p(1.5 * self.min_effect)

    @property
    def sought_faster(self) -> float:
        """Of the smallest speed-up: no build waits for one, so only a large one is worth more pairs."""
        return math.log1p(3.0 * self.min_effect)

    def looks(self) -> tuple[tuple[int, float], ...]:
        """(pairs, share of the false-alarm rate spent there). Spent by the square of the pairs: late looks find the small changes.

        The shares add up to the whole rate, so it holds whatever the looks have to do with each other (Bonferroni over looks).
        """
        pairs = [look for look in LOOKS if look < self.max_pairs] + [self.max_pairs]
        spent = [self.false_alarm_rate * (look / self.max_pairs) ** 2 for look in pairs]
        return tuple((look, now - before) for look, now, before in zip(pairs, spent, [0.0, *spent], strict=False))
