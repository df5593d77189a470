"""The change points of a family of cases."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import numpy as np
from scipy import special

from history.gate.moderation import Floats
from history.pairs.plan import CONFIDENCE
from history.trends.bad_nights import tamed
from history.trends.levels import kept, proposed
from history.trends.limits import LIMITS, Limits
from history.trends.shared import shared
from history.trends.spread import night_sd, steadied


class ChangePoint(msgspec.Struct, frozen=True):
    """A level that ended and the one that followed. Nights are rows of the family's table."""

    night: int  # the first of the new level
    earliest: int  # the new level may have begun as early as this night …
    latest: int  # … or as late as this one, at `CONFIDENCE`
    last_before: int  # the last night that is surely on the old level
    log_shift: float
    low: float
    high: float
    nights_before: int  # of the two levels
    nights_after: int


class Trends(msgspec.Struct, frozen=True):
    cases: tuple[tuple[ChangePoint, ...], ...]
    family: tuple[ChangePoint, ...]  # of what all cases share
    night_sds: tuple[float, ...]  # of a case from night to night, what the family shares in it


def trends(log_values: Floats, asked: Collection[int] | None = None, limits: Limits = LIMITS) -> Trends:
    """log_values: nights × cases of one framework on one machine, NaN where a case was not measured.

    `asked`: the cases of interest; the others only tell what all share.
    """
    night_sds = _sds(log_values)
    factors = shared(log_values, night_sds, limits)
    own = log_values - factors[:, None]
    sds = _sds(own)
    family_nights = np.flatnonzero(np.isfinite(log_values).any(axis=1))
    family = factors[family_nights] if np.any(factors) else np.empty(0)
    return Trends(
        cases=tuple(_of_case(own[:, case], sd, limits) if asked is None or case in asked else () for case, sd in enumerate(sds)),
        family=_of_values(family, family_nights, float(steadied(np.array([night_sd(family)]), np.array([len(family)]))[0]), limits),
        night_sds=tuple(map(float, night_sds)),
    )


def _sds(log_values: Floats) -> Floats:
    present = np.isfinite(log_values)
    columns = (log_values[present[:, case], case] for case in range(log_values.shape[1]))
    return steadied(np.array([night_sd(values) for values in columns]), present.sum(axis=0).astype(float))


def _of_case(values: Floats, sd: float, limits: Limits) -> tuple[ChangePoint, ...]:
    present = np.flatnonzero(np.isfinite(values))
    return _of_values(values[present], present, sd, limits)


def _of_values(values: Floats, nights: np.ndarray, sd: float, limits: Limits) -> tuple[ChangePoint, ...]:
    if len(values) < limits.fewest_nights or not np.isfinite(sd):
        return ()
    calm = tamed(values, limits.reach_sd * sd)
    ends = kept(calm, proposed(calm, sd, limits.penalty, limits), sd, limits)
    starts = [0, *ends[:-1]]
    return tuple(_change(calm, nights, starts[index], end, ends[index + 1], sd) for index, end in enumerate(ends[:-1]))


def _change(values: Floats, nights: np.ndarray, start: int, change: int, end: int, sd: float) -> ChangePoint:
    before, after = values[start:change], values[change:end]
    shift = float(after.mean() - before.mean())
    quantile = float(special.stdtrit(max(len(before) + len(after) - 2, 1), (1 + CONFIDENCE) / 2))
    reach = quantile * sd * float(np.sqrt(1 / len(before) + 1 / len(after)))
    earliest, latest = _when(values[start:end], change - start, sd)
    return ChangePoint(
        night=int(nights[change]),
        earliest=int(nights[start + earliest]),
        latest=int(nights[start + latest]),
        last_before=int(nights[start + earliest - 1]),
        log_shift=shift,
        low=shift - reach,
        high=shift + reach,
        nights_before=len(before),
        nights_after=len(after),
    )


def _when(values: Floats, found: int, sd: float) -> tuple[int, int]:
    """The shortest run of nights that holds the true one with probability `CONFIDENCE`, every night as likely before looking.

    It holds the night that was found as well: levels have a shortest length, so that need not be the likeliest one.
    """
    nights = len(values)
    counts = np.arange(1, nights)
    sums, total = np.cumsum(values)[:-1], values.sum()
    explained = sums**2 / counts + (total - sums) ** 2 / (nights - counts)
    likelihood = np.exp((explained - explained.max()) / (2 * sd**2))
    shares = likelihood / likelihood.sum()
    order = np.argsort(-shares, kind="stable")
    held = order[: int(np.searchsorted(np.cumsum(shares[order]), CONFIDENCE)) + 1] + 1
    return min(found, int(held.min())), max(found, int(held.max()))
