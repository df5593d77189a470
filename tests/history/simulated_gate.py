"""Our rule on simulated jobs: the functions that decide for real, fed pair by pair as the collector feeds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from history.gate.sequential import FASTER, SLOWER, Flags, estimated, rejected, worth_more
from history.pairs.plan import BATCH_PAIRS, FIRST_PAIRS, Plan
from tests.history.noisy_job import CASES, Floats, Job

PLAN = Plan(max_pairs=64)


@dataclass(frozen=True)
class Answer:
    regressed: Flags
    improved: Flags
    inconclusive: Flags
    measurements: int  # processes × cases


def gate(job: Job, effect: Floats, plan: Plan = PLAN) -> Answer:
    log_ratios = np.full((CASES, plan.max_pairs), np.nan)
    cases, pairs, measurements = np.arange(CASES), 0, 0
    while len(cases):
        for number in range(pairs, pairs + (BATCH_PAIRS if pairs else FIRST_PAIRS)):
            base, head = job.pair(number, plan.max_pairs, effect, cases)
            log_ratios[cases, number] = np.median(head, axis=1) - np.median(base, axis=1)
            measurements += 2 * len(cases)
            pairs += 1
        seen = log_ratios[:, :pairs]
        cases = np.flatnonzero(worth_more(seen, plan) & np.isfinite(seen[:, -1]))
    estimate = estimated(log_ratios)
    regressed = rejected(log_ratios, plan, SLOWER) & (estimate.mean >= plan.min_log_effect)
    improved = rejected(log_ratios, plan, FASTER) & (estimate.mean <= -plan.min_log_effect)
    open_ended = ~regressed & ~improved & ((estimate.mean >= plan.min_log_effect) | ~(estimate.half_width <= 0.05))
    return Answer(regressed, improved, open_ended, measurements)
