"""Who is ahead in a comparison, with how much of a margin, and when nobody is said to be."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.findings.difference import Difference
from harness.findings.ratio import Ratio
from harness.frameworks import FRAMEWORKS

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
    interval = ratio.interval
    if disturbed:
        return Verdict(Ahead.UNKNOWN, DISTURBED, shown, interval)
    if not ratio.shows_difference:
        return Verdict(Ahead.NOBODY, NO_DIFFERENCE, shown, interval)
    ahead = Ahead.FIRST if ratio.estimate < 1 else Ahead.SECOND
    return Verdict(ahead, f"{framework(ahead)} {ratio.factor:.2f}× {adjective}", shown, interval)


def of_difference(difference: Difference, lower_is_better: bool, adjective: str, digits: str) -> Verdict:
    """digits: of a format specification."""
    shown, interval = f"{difference.estimate:+{digits}}", f"{difference.low:+{digits}} … {difference.high:+{digits}}"
    if not difference.is_shown:
        return Verdict(Ahead.NOBODY, NO_DIFFERENCE, shown, interval)
    ahead = Ahead.FIRST if (difference.estimate < 0) is lower_is_better else Ahead.SECOND
    return Verdict(ahead, f"{framework(ahead)} {adjective}", shown, interval)


def framework(ahead: Ahead) -> str:
    return list(FRAMEWORKS.values())[0 if ahead is Ahead.FIRST else 1].title
