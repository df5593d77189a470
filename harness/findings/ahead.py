"""Who is ahead in a comparison, by how much, and when nobody is said to be."""

from __future__ import annotations

import msgspec

from harness.findings.comparison import Comparison
from harness.findings.difference import Difference
from harness.findings.ratio import PROCESS_SPREAD, Answer, Ratio, compared_by, in_digits, ratio
from harness.frameworks import title
from harness.phases.declaration import Compared
from harness.record.measurement import Measurement

WITHIN = f"within {PROCESS_SPREAD:.0%}"
UNDECIDED = "undecided"
NO_DIFFERENCE = "no difference shown"  # of what is no ratio
NO_OTHER_SIDE = "no other side"
DISTURBED = "not called: disturbed"
TOO_FEW_TURNS = "too few turns"
NOT_COMPARED = "not compared"
NO_METER = "not compared: no meter that both could read"
NOT_MEASURED = "not measured in this run"


class Verdict(msgspec.Struct, frozen=True):
    """Of the reference against one other side. `ratio` and `interval` are written out; empty where there are none."""

    text: str
    ahead: str = ""  # the framework that is; "": nobody is said to be
    other: str = ""  # the framework that the reference is compared with; "": there is none
    ratio: str = ""  # or a difference, where a ratio means nothing
    interval: str = ""
    reference: str = ""  # the framework that is the reference


def verdicts(comparison: Comparison) -> list[Verdict]:
    """Of the reference against each of the others, in their order; one that says so where there are none."""
    alone = Verdict(NO_OTHER_SIDE, reference=comparison.reference.case.framework)
    return [verdict(comparison.reference, other) for other in comparison.others] or [alone]


def verdict(reference: Measurement, other: Measurement) -> Verdict:
    adjective = compared_by(reference.case)
    frameworks = reference.case.framework, other.case.framework
    found = ratio(reference, other)
    if found is None and adjective is Compared.METER:
        return Verdict(NO_METER, other=other.case.framework, reference=reference.case.framework)
    return called(found, frameworks, adjective, disturbed=reference.disturbed or other.disturbed)


def answer(reference: Measurement, other: Measurement) -> Answer:
    """Who of the two is ahead, as far as it may be told: of what was disturbed it may not."""
    found = None if reference.disturbed or other.disturbed else ratio(reference, other)
    return Answer.OPEN if found is None else found.answer


def called(found: Ratio | None, frameworks: tuple[str, str], adjective: str, disturbed: bool) -> Verdict:
    """found: of the first framework's cost over the second's. adjective: what the better one is."""
    first, other = frameworks
    if found is None:
        return Verdict(DISTURBED if disturbed else TOO_FEW_TURNS, other=other, reference=first)
    shown, interval = in_digits(found.estimate), found.interval
    if disturbed:
        return Verdict(DISTURBED, other=other, ratio=shown, interval=interval, reference=first)
    if not found.shows_difference:
        text = WITHIN if found.answer is Answer.NEITHER else UNDECIDED
        return Verdict(text, other=other, ratio=shown, interval=interval, reference=first)
    ahead = first if found.answer is Answer.FIRST else other
    return Verdict(f"{title(ahead)} {in_digits(found.factor)}× {adjective}", ahead, other, shown, interval, first)


def called_difference(found: Difference, frameworks: tuple[str, str], lower_is_better: bool, adjective: str, digits: str) -> Verdict:
    """Where a ratio means nothing. digits: of a format specification."""
    first, other = frameworks
    shown, interval = f"{found.estimate:+{digits}}", f"{found.low:+{digits}} … {found.high:+{digits}}"
    if not found.is_shown:
        return Verdict(NO_DIFFERENCE, other=other, ratio=shown, interval=interval, reference=first)
    ahead = first if (found.estimate < 0) is lower_is_better else other
    return Verdict(f"{title(ahead)} {adjective}", ahead, other, shown, interval, first)
