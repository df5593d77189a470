"""What all cases of a framework have in common in a night: the host's mood, no case's own doing."""

from __future__ import annotations

import warnings

import numpy as np

from history.gate.moderation import Floats
from history.trends.bad_nights import tamed
from history.trends.levels import medians, proposed
from history.trends.limits import Limits

FEWEST_CASES = 8  # the median of fewer is too much each case's own


def shared(log_values: Floats, sds: Floats, limits: Limits) -> Floats:
    """One log factor a night, to be taken out of every case; zeros where there are too few cases to tell.

    A night's factor is the median distance of its cases from their levels, the levels cut coarsely: a change that a case shows
    clearly is in its level and stays. What moves all cases by less is in the factor, whose own history is watched as well.
    """
    nights, cases = log_values.shape
    if cases < FEWEST_CASES:
        return np.zeros(nights)
    distances = np.full_like(log_values, np.nan)
    for case, sd in enumerate(sds):
        present = np.flatnonzero(np.isfinite(log_values[:, case]))
        if len(present) and np.isfinite(sd):
            values = log_values[present, case]
            calm = tamed(values, limits.reach_sd * sd)
            distances[present, case] = values - medians(calm, proposed(calm, sd, limits.coarse_penalty, limits))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a night without a case has no median
        factors = np.nanmedian(distances, axis=1)
    return np.where(np.isfinite(distances).sum(axis=1) >= FEWEST_CASES, factors, 0.0)
