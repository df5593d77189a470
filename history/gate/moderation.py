"""A case's spread from few pairs, steadied by the spread of the other cases (moderated variance).

G. K. Smyth, "Linear models and empirical Bayes methods for assessing differential expression", Statistical Applications in Genetics
and Molecular Biology 3(1), 2004, sections 3 and 6.2. The weight given to the others is estimated from how alike they are: where some
cases are far noisier than others it falls towards nothing. Alarms never rest on it, only intervals and the choice of suspects do.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Floats = npt.NDArray[np.float64]

FEWEST_CASES = 10  # fewer say too little about how alike spreads are
MOST_DEGREES = 50.0
LEAST_VARIANCE = 1e-8  # of log ratios: no machine repeats a process to better than .01 %


class Prior(msgspec.Struct, frozen=True):
    """What the other cases say of a case's variance, worth so many degrees of freedom."""

    variance: float
    degrees: float

    def posterior(self, variances: Floats, degrees: Floats) -> tuple[Floats, Floats]:
        """Variances and their degrees of freedom, each case's own and the prior's together."""
        together = self.degrees + degrees
        weighed = self.degrees * self.variance + degrees * variances
        return np.maximum(np.divide(weighed, together, out=np.full_like(weighed, np.inf), where=together > 0), LEAST_VARIANCE), together


def prior(variances: Floats, degrees: int) -> Prior:
    """`variances`: one a case, each with `degrees` degrees of freedom."""
    usable = variances[np.isfinite(variances) & (variances > LEAST_VARIANCE)]
    if len(usable) < FEWEST_CASES:
        return Prior(variance=0.0, degrees=0.0)
    half = degrees / 2
    logs = np.log(usable) - special.digamma(half) + np.log(half)
    excess = float(logs.var(ddof=1) - special.polygamma(1, half))  # what chance alone leaves unexplained
    prior_degrees = _degrees(excess)
    return Prior(
        variance=float(np.exp(logs.mean() + special.digamma(prior_degrees / 2) - np.log(prior_degrees / 2))),
        degrees=prior_degrees,
    )


def _degrees(excess: float) -> float:
    """Solves trigamma(degrees / 2) = excess."""

    def gap(degrees: float) -> float:
        return float(special.polygamma(1, degrees / 2)) - excess

    least_degrees = 0.1
    if gap(MOST_DEGREES) > 0:
        return MOST_DEGREES
    if gap(least_degrees) < 0:
        return least_degrees
    return float(optimize.brentq(gap, least_degrees, MOST_DEGREES))
