"""The change points' benchmark: false alarms over quiet nights, and nights until a planted slow-down is listed.

    python -m tests.history.trend_simulation [HISTORIES]              a Markdown table: HISTORIES (100) of 60 nights × 50 cases
    python -m tests.history.trend_simulation [HISTORIES] --frontier   ours with other limits, instead of the usual rules

The report is built after every night. A false alarm is a case that any of those builds lists in a history in which nothing changed; a
slow-down counts as found with the first build that lists it within three nights of where it was planted. Nights are `noisy_job`'s: each
a job with an offset that all its cases share and one of their own, a point the median of 3 processes, or 1 as the nightly job has it. 3 %
of the nights are bad: all cases slower, by 8 % on average, each by a share of its own.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import ruptures

from history.trends.change_points import trends
from history.trends.limits import LIMITS, Limits
from tests.history.noisy_job import Floats

SEED = 20261125
NIGHTS, CASES = 60, 50
PLANTED_NIGHT, SLOWER_CASES = 30, 5
NEAR_NIGHTS = 3
BAD_NIGHTS, BAD_NIGHT_MEAN = 0.03, 0.08
EFFECTS = (0.03, 0.05, 0.10)
ROUNDS = 30

Rule = Callable[[Floats], Sequence[Sequence[int]]]  # nights × cases → nights at which each case changed


@dataclass(frozen=True)
class Tally:
    false_alarms: int
    quiet_cases: int
    found: Mapping[float, tuple[int, ...]]  # by effect: nights until found, for those that were
    planted: int  # for each effect

    @property
    def false_alarm_rate(self) -> float:
        return self.false_alarms / self.quiet_cases

    def power(self, effect: float) -> float:
        return len(self.found[effect]) / self.planted

    def median_nights(self, effect: float) -> float:
        """Over all planted changes: one that was never found took for ever."""
        nights = [*self.found[effect], *[math.inf] * (self.planted - len(self.found[effect]))]
        return float(np.median(nights)) if math.isfinite(sorted(nights)[len(nights) // 2]) else math.inf


def history(random: np.random.Generator, processes: int, effect: float) -> Floats:
    """Log medians, nights × cases."""
    process_sd, round_sd = 0.0173 * random.lognormal(0, 0.3, CASES), 0.008 * random.lognormal(0, 0.4, CASES)
    values = np.empty((NIGHTS, CASES))
    for night in range(NIGHTS):
        offset = random.normal(0, 0.015) + random.normal(0, 0.005, CASES)
        if random.random() < BAD_NIGHTS:
            offset = offset + random.exponential(BAD_NIGHT_MEAN) * random.uniform(0.5, 1.5, CASES)
        spread = random.normal(0, 1, (processes, CASES)) * np.hypot(process_sd, round_sd * 1.25 / math.sqrt(ROUNDS))
        values[night] = np.median(offset + random.normal(0, 0.01, (processes, 1)) + spread, axis=0)
    values[PLANTED_NIGHT:, :SLOWER_CASES] += math.log1p(effect)
    return values


def ours(limits: Limits, values: Floats) -> list[list[int]]:
    return [[change.night for change in case] for case in trends(values, limits=limits).cases]


def pelt(values: Floats) -> list[list[int]]:
    """The rule of thumb: l2, penalty 10 σ² log n, shift of at least 3 %."""
    found = []
    for column in values.T:
        sd = np.median(np.abs(np.diff(column))) / 0.6745 / math.sqrt(2)
        ends = ruptures.KernelCPD(kernel="linear", min_size=2).fit(column.reshape(-1, 1)).predict(pen=10 * sd**2 * math.log(len(column)))
        means = [column[start:end].mean() for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        found.append([end for end, shift in zip(ends, np.diff(means), strict=False) if abs(shift) >= math.log(1.03)])
    return found


def previous_night(values: Floats) -> list[list[int]]:
    """An alarm for whatever is 5 % slower than the night before."""
    return [list(np.flatnonzero(np.diff(column) > math.log(1.05)) + 1) for column in values.T]


def tally(rule: Rule, histories: int, processes: int) -> Tally:
    alarms = 0
    for number in range(histories):
        values = history(np.random.default_rng([SEED, number]), processes, 0.0)
        alarmed = np.zeros(CASES, dtype=bool)
        for nights in range(LIMITS.fewest_nights, NIGHTS + 1):
            alarmed |= [bool(changes) for changes in rule(values[:nights])]
        alarms += int(alarmed.sum())
    found = {effect: tuple(_nights_until_found(rule, histories, processes, effect)) for effect in EFFECTS}
    return Tally(alarms, histories * CASES, found, histories * SLOWER_CASES)


def _nights_until_found(rule: Rule, histories: int, processes: int, effect: float) -> list[int]:
    taken = []
    for number in range(histories):
        values = history(np.random.default_rng([SEED, number, round(1000 * effect)]), processes, effect)
        left = set(range(SLOWER_CASES))
        for nights in range(PLANTED_NIGHT + 1, NIGHTS + 1):
            changes = rule(values[:nights])
            now = {case for case in left if any(abs(night - PLANTED_NIGHT) <= NEAR_NIGHTS for night in changes[case])}
            taken += [nights - PLANTED_NIGHT] * len(now)
            left -= now
    return taken


def _row(name: str, processes: int, tally: Tally) -> str:
    cells = [f"{tally.power(effect):.1%} after {tally.median_nights(effect):.0f}" for effect in EFFECTS]
    return f"| {name} | {processes} | {tally.false_alarm_rate:.2%} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.history.trend_simulation", description="Benchmark of the change points.")
    parser.add_argument("histories", type=int, nargs="?", default=100)
    parser.add_argument("--frontier", action="store_true", help="Vary the limits of our rule.")
    options = parser.parse_args()
    rules: dict[str, Rule] = {"**ours**": partial(ours, LIMITS)}
    if options.frontier:
        rules |= {f"{errors} standard errors": partial(ours, Limits(least_standard_errors=errors)) for errors in (4.0, 5.0)}
        rules |= {f"{nights} nights a level": partial(ours, Limits(fewest_nights_a_level=nights)) for nights in (2, 4)}
        rules |= {f"penalty {penalty:g}": partial(ours, Limits(penalty=penalty)) for penalty in (2.0, 6.0)}
    else:
        rules |= {"PELT, 10 σ² log n, ≥ 3 %": pelt, "5 % over the night before": previous_night}
    print(f"| rule | processes a night | cases with a false alarm in {NIGHTS} nights | finds +3 %, nights (median) | +5 % | +10 % |")
    print("|---|---|---|---|---|---|")
    for processes in (3, 1):
        for name, rule in rules.items():
            print(_row(name, processes, tally(rule, options.histories, processes)), flush=True)


if __name__ == "__main__":
    main()
