"""The smallest change that could have been found: what a verdict of "ok" is worth."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from history.gate.moderation import Floats
from history.pairs.plan import FIRST_PAIRS, Plan

POWER = 0.95


def smallest_findable(pair_sd: Floats, pairs: int, cases: int, plan: Plan) -> Floats:
    """Slow-down, as a share of the base's time, that `pairs` pairs find with probability `POWER` among `cases` cases.

    For one look at the plan's whole level, Holm's first step. Infinite for fewer pairs than a screen has: at such levels two or three
    find nothing. pair_sd: of one log ratio.
    """
    if pairs < FIRST_PAIRS:
        return np.full_like(pair_sd, np.inf)
    standard_error = pair_sd / np.sqrt(pairs)
    significant = _noncentrality(pairs, plan.false_alarm_rate / cases) * standard_error
    large_enough = plan.min_log_effect + special.ndtri(POWER) * standard_error  # the estimate, too, has to reach the minimum effect
    with np.errstate(over="ignore"):
        return np.asarray(np.expm1(np.maximum(significant, large_enough)), dtype=np.float64)


@cache
def _noncentrality(pairs: int, level: float) -> float:
    """Of Student's t: how many standard errors a change must have for power `POWER` at one-sided `level`."""
    critical = special.stdtrit(pairs - 1, 1 - level)
    return float(special.nctdtrinc(pairs - 1, 1 - POWER, critical))
