"""Which cases changed, and which deserve more pairs: a group-sequential rule on one log ratio a pair.

An alarm is a one-sided t test at fixed numbers of pairs (`Plan.looks`), Holm over all cases at each look. The pair is the unit, since
rounds within a process are not independent. Under no change base and head of a pair are exchangeable, so their log ratio is
symmetric; for long-tailed symmetric noise the t test errs on the safe side (Y. Benjamini, "Is the t test really conservative when
the parent distribution is long-tailed?", JASA 78, 1983).

A case is dropped when it is unlikely to be one of the changes sought: the lower boundary of A. Wald's sequential probability ratio
test (Sequential Analysis, 1947) between "no change" and `Plan.sought_slower` (and the same for faster). Dropping costs power only:
the levels hold whether or not a case is dropped.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import special

from history.gate.moderation import Floats, Prior, prior
from history.pairs.plan import CONFIDENCE, FIRST_PAIRS, WIDEST_HALF_WIDTH, Plan

Flags = npt.NDArray[np.bool_]

SLOWER, FASTER = 1.0, -1.0


class Estimate(msgspec.Struct, frozen=True):
    """One value a case: pairs, mean log ratio, its half width at `CONFIDENCE`, and the spread of one pair."""

    pairs: npt.NDArray[np.int64]
    mean: Floats
    half_width: Floats
    pair_sd: Floats


def rejected(log_ratios: Floats, plan: Plan, direction: float) -> Flags:
    """Cases for which "no change in this direction" is rejected at one of the looks taken so far.

    log_ratios: cases × pairs, log(head / base), each case's pairs in the order they were measured, NaN after its last.
    """
    found = np.zeros(len(log_ratios), dtype=bool)
    pairs = _pairs(log_ratios)
    for look, level in plan.looks():
        open_cases = (pairs >= look) & ~found
        if look < 2 or not open_cases.any():
            continue
        p_values = np.ones(len(log_ratios))
        p_values[open_cases] = _t_test(direction * log_ratios[open_cases, :look])
        p_values[found] = 0.0  # a case found at an earlier look leaves the family
        found = _holm(p_values, level)
    return found


def worth_more(log_ratios: Floats, plan: Plan) -> Flags:
    """Cases whose answer is not clear yet and that may still get pairs."""
    estimate = estimated(log_ratios)
    clear = rejected(log_ratios, plan, SLOWER) | rejected(log_ratios, plan, FASTER)
    slower = _log_likelihood_ratio(estimate, SLOWER, plan.sought_slower)
    faster = _log_likelihood_ratio(estimate, FASTER, plan.sought_faster)
    suspect = np.maximum(slower, faster) > np.log(plan.miss_rate)
    vague = ~(estimate.half_width <= WIDEST_HALF_WIDTH)
    unscreened = estimate.pairs < FIRST_PAIRS
    return np.asarray((estimate.pairs < plan.max_pairs) & ~clear & (suspect | vague | unscreened))


def estimated(log_ratios: Floats) -> Estimate:
    """The prior comes from the first pairs alone, which every case has: it does not move while suspects get more."""
    variance, degrees = _prior(log_ratios).posterior(_variances(log_ratios), np.maximum(_pairs(log_ratios) - 1.0, 0.0))
    pairs = _pairs(log_ratios)
    some = np.maximum(pairs, 1)
    quantile = special.stdtrit(np.maximum(degrees, 1e-3), (1 + CONFIDENCE) / 2)
    half_width = np.where((pairs > 1) & (degrees > 0), quantile * np.sqrt(variance / some), np.inf)
    return Estimate(pairs=pairs, mean=_means(log_ratios), half_width=half_width, pair_sd=np.sqrt(variance))


def _log_likelihood_ratio(estimate: Estimate, direction: float, sought: float) -> Floats:
    """Of a change by `sought` against none, for normal log ratios."""
    with np.errstate(invalid="ignore"):
        return estimate.pairs * sought * (direction * estimate.mean - sought / 2) / estimate.pair_sd**2


def _t_test(log_ratios: Floats) -> Floats:
    """One-sided p values of "the mean is not above 0"."""
    count = log_ratios.shape[1]
    mean, standard_error = log_ratios.mean(axis=1), log_ratios.std(axis=1, ddof=1) / np.sqrt(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(mean == 0, 0.0, mean / standard_error)  # no spread at all: infinite, and rightly so
    return np.asarray(special.stdtr(count - 1, -statistic), dtype=np.float64)


def _holm(p_values: Floats, level: float) -> Flags:
    """S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979."""
    order = np.argsort(p_values, kind="stable")
    bounds = level / np.arange(len(p_values), 0, -1)
    passes = np.logical_and.accumulate(p_values[order] <= bounds)
    found = np.zeros(len(p_values), dtype=bool)
    found[order] = passes
    return found


def _prior(log_ratios: Floats) -> Prior:
    first = log_ratios[:, :FIRST_PAIRS]
    return prior(_variances(first[_pairs(first) == FIRST_PAIRS]), FIRST_PAIRS - 1)


def _pairs(log_ratios: Floats) -> npt.NDArray[np.int64]:
    return np.asarray(np.isfinite(log_ratios).sum(axis=1), dtype=np.int64)


def _means(log_ratios: Floats) -> Floats:
    pairs = _pairs(log_ratios)
    return np.where(pairs > 0, np.nansum(log_ratios, axis=1) / np.maximum(pairs, 1), np.nan)


def _variances(log_ratios: Floats) -> Floats:
    """0 where there is only one pair: its weight is 0 as well."""
    pairs = _pairs(log_ratios)
    squares = np.nansum((log_ratios - _means(log_ratios)[:, None]) ** 2, axis=1)
    return np.asarray(squares / np.maximum(pairs - 1, 1), dtype=np.float64)
