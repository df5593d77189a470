"""How much a case differs from night to night while nothing changes."""

from __future__ import annotations

import numpy as np

from history.gate.moderation import Floats

NORMAL_MAD = 0.6745  # median absolute deviation of a standard normal
EFFICIENCY = 0.37  # a median absolute deviation is worth so many nights of a standard deviation's
PRIOR_NIGHTS = 20.0  # what the family's typical spread is worth
LEAST_SD = 0.002


def night_sd(log_values: Floats) -> float:
    """Of one case, its nights in order. From successive nights: a level that shifts now and then leaves it alone."""
    steps = np.abs(np.diff(log_values))
    return float(np.median(steps) / NORMAL_MAD / np.sqrt(2)) if len(steps) else float("nan")


def steadied(sds: Floats, nights: Floats) -> Floats:
    """Each case's spread, pulled towards what is typical of the family while it rests on few nights."""
    known = sds[np.isfinite(sds)]
    if not len(known):
        return np.full_like(sds, np.inf)
    typical_variance = float(np.median(known**2))
    worth = EFFICIENCY * np.where(np.isfinite(sds), nights, 0.0)
    variance = (PRIOR_NIGHTS * typical_variance + worth * np.nan_to_num(sds) ** 2) / (PRIOR_NIGHTS + worth)
    return np.maximum(np.sqrt(variance), LEAST_SD)
