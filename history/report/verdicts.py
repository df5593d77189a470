"""Who is ahead in a comparison, with how much of a margin, and when nobody is said to be."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec
from scipy import special

from fixtures.frameworks import FRAMEWORKS
from fixtures.session.ratio import CONFIDENCE, Ratio

NO_DIFFERENCE = "no difference shown"
NOT_MEASURED = "not measured in this run"
DISTURBED = "not called: disturbed"


class Ahead(StrEnum):
    FIRST = "first"
    SECOND = "second"
    NOBODY = "nobody"  # measured, and no difference shown
    UNKNOWN = "unknown"


class Verdict(msgspec.Struct, frozen=True):
    ahead: Ahead
    text: str
    ratio: str = ""  # or a difference, where a ratio means nothing
    interval: str = ""


def of_ratio(ratio: Ratio | None, adjective: str, disturbed: bool = False) -> Verdict:
    """`ratio`: of the first framework's cost over the second's."""
    if ratio is None:
        return Verdict(Ahead.UNKNOWN, DISTURBED if disturbed else "too few turns")
    shown = f"{ratio.estimate:.2f}"
    interval = f"{ratio.low:.2f} – {ratio.high:.2f}" if ratio.low < ratio.high else "one run"
    if disturbed:
        return Verdict(Ahead.UNKNOWN, DISTURBED, shown, interval)
    if not ratio.shows_difference:
        return Verdict(Ahead.NOBODY, NO_DIFFERENCE, shown, interval)
    ahead = Ahead.FIRST if ratio.estimate < 1 else Ahead.SECOND
    factor = max(ratio.estimate, 1 / ratio.estimate)
    return Verdict(ahead, f"{framework(ahead)} {factor:.2f}× {adjective}", shown, interval)


def of_difference(difference: float, low: float, high: float, lower_is_better: bool, adjective: str, digits: str) -> Verdict:
    """`difference`: the first framework's figure less the second's, in `digits` of a format specification."""
    shown, interval = f"{difference:+{digits}}", f"{low:+{digits}} … {high:+{digits}}"
    if low <= 0 <= high:
        return Verdict(Ahead.NOBODY, NO_DIFFERENCE, shown, interval)
    ahead = Ahead.FIRST if (difference < 0) is lower_is_better else Ahead.SECOND
    return Verdict(ahead, f"{framework(ahead)} {adjective}", shown, interval)


def framework(ahead: Ahead) -> str:
    return list(FRAMEWORKS.values())[0 if ahead is Ahead.FIRST else 1].title


def share_interval(share: float, count: int) -> tuple[float, float]:
    """Of a proportion: E. B. Wilson, JASA 22, 1927."""
    z = float(special.ndtri((1 + CONFIDENCE) / 2))
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return centre - reach, centre + reach


def difference_of_shares(first: float, first_count: int, second: float, second_count: int) -> tuple[float, float, float]:
    """Difference and interval: R. G. Newcombe's hybrid score method, Statistics in Medicine 17, 1998."""
    (low1, high1), (low2, high2) = share_interval(first, first_count), share_interval(second, second_count)
    difference = first - second
    return (
        difference,
        difference - math.hypot(first - low1, high2 - second),
        difference + math.hypot(high1 - first, second - low2),
    )
