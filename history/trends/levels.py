"""A history cut into levels.

PELT (R. Killick, P. Fearnhead, I. A. Eckley, "Optimal detection of changepoints with a linear computational cost", JASA 107, 2012) by
`ruptures`, whose kernel version with a linear kernel is the squared-error cost in C. It proposes; neighbours that differ by too little,
or by too little for their noise, become one level again, the least different first.
"""

from __future__ import annotations

import math

import numpy as np
import ruptures

from history.gate.moderation import Floats
from history.trends.limits import Limits


def proposed(log_values: Floats, sd: float, penalty: float, limits: Limits) -> list[int]:
    """Where levels end: the number of nights comes last."""
    nights = len(log_values)
    if nights < 2 * limits.fewest_nights_a_level:
        return [nights]
    search = ruptures.KernelCPD(kernel="linear", min_size=limits.fewest_nights_a_level).fit(log_values.reshape(-1, 1))
    return [int(end) for end in search.predict(pen=penalty * sd**2 * math.log(max(nights, 20)))]


def kept(log_values: Floats, ends: list[int], sd: float, limits: Limits) -> list[int]:
    """The ends of levels that differ enough from the next."""
    ends = list(ends)
    while len(ends) > 1:
        starts = [0, *ends[:-1]]
        nights = np.diff([0, *ends])
        shifts = np.abs(np.diff([log_values[start:end].mean() for start, end in zip(starts, ends, strict=True)]))
        errors = sd * np.sqrt(1 / nights[:-1] + 1 / nights[1:])
        weak = (shifts < limits.least_log_shift) | (shifts < limits.least_standard_errors * errors)
        if not weak.any():
            break
        del ends[int(np.argmin(np.where(weak, shifts, np.inf)))]
    return ends


def medians(log_values: Floats, ends: list[int]) -> Floats:
    """Each night's level."""
    found = np.empty_like(log_values)
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        found[start:end] = np.median(log_values[start:end])
    return found
