"""A job on a noisy GPU runner, simulated: the noise model of the gate's benchmark. All in logarithms of time (1 % = 0.01).

job        N(0, 1.5 %) shared by all cases, + N(0, .5 %) for each: another host, another day; cancels within one job
process    N(0, 1 %) shared by all cases of the process, + N(0, s) for each, s = 1.73 % × lognormal(0, .3)
drift      slope U(-3 %, +3 %) over the job, + a random walk with sd 1 % at its end
rounds     N(0, r), r = .8 % × lognormal(0, .4); 5 % of the rounds get a spike of Exp(mean 8 %)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CASES = 100
ROUNDS = 30


@dataclass(frozen=True)
class Machine:
    """What stays the same from job to job: how noisy each case is."""

    process_sd: Floats
    round_sd: Floats


def machine(random: np.random.Generator) -> Machine:
    return Machine(process_sd=0.0173 * random.lognormal(0, 0.3, CASES), round_sd=0.008 * random.lognormal(0, 0.4, CASES))


class Job:
    """One job: an offset of its own, and a drift over its time, which runs from 0 to 1."""

    def __init__(self, machine: Machine, random: np.random.Generator) -> None:
        self._machine = machine
        self._random = random
        self._offset = random.normal(0, 0.015) + random.normal(0, 0.005, CASES)
        self._slope = random.uniform(-0.03, 0.03)
        self._walk = np.concatenate([[0.0], np.cumsum(random.normal(0, 0.01 / np.sqrt(200), 200))])

    def process(self, start: float, end: float, rounds: int, effect: Floats, cases: npt.NDArray[np.intp]) -> Floats:
        """Log durations, cases × rounds, of the `cases` in one fresh process that lives from `start` to `end`."""
        random, process_sd, round_sd = self._random, self._machine.process_sd[cases], self._machine.round_sd[cases]
        time = start + (end - start) * np.arange(len(cases)) / max(len(cases), 1)
        drift = self._slope * time + np.interp(time, np.linspace(0, 1, 201), self._walk)
        level = self._offset[cases] + drift + random.normal(0, 0.01) + random.normal(0, process_sd) + effect[cases]
        log_seconds = level[:, None] + random.normal(0, 1, (len(cases), rounds)) * round_sd[:, None]
        return np.asarray(log_seconds + (random.random((len(cases), rounds)) < 0.05) * random.exponential(0.08, (len(cases), rounds)))

    def pair(self, number: int, pairs: int, effect: Floats, cases: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Base and head of pair `number` (from 0) out of `pairs`: AB, BA, AB, …"""
        width = 1 / (2 * pairs)
        first, second = 2 * number * width, (2 * number + 1) * width
        base_start, head_start = (first, second) if number % 2 == 0 else (second, first)
        base = self.process(base_start, base_start + width, ROUNDS, np.zeros(CASES), cases)
        head = self.process(head_start, head_start + width, ROUNDS, effect, cases)
        return base, head
