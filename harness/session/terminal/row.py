"""A comparison that is complete, in one line: what the table at the end says of it, as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterable

from harness.findings.ahead import verdicts
from harness.findings.comparison import comparisons, title_of
from harness.findings.figures import shown
from harness.findings.sides import title
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.text import shortened

LONGEST = 120  # characters of why a side has no number: its test's failure has the whole reason


def row(measurements: Iterable[Measurement]) -> str:
    """Of the sides of one comparison."""
    sides = list(measurements)
    measured = [each for each in sides if each.outcome is Outcome.OK]
    texts = [_without_a_number(each) for each in sides if each.outcome is not Outcome.OK]
    for comparison in comparisons(measured):
        texts = [*map(_figure, comparison.sides), *texts]
        told = [each for each in verdicts(comparison) if each.other]
        texts += [f"{each.text}{f' ({each.ratio}, {each.interval})' if each.ratio else ''}" for each in told]
    return f"{title_of(sides[0].case)}: {'; '.join(texts)}"


def _figure(side: Measurement) -> str:
    """The first one of the table."""
    first = next(iter(shown(side)), None)
    return f"{title(side.case.framework)} {f'{first.text} {first.title}' if first else ''}".strip()


def _without_a_number(side: Measurement) -> str:
    return f"{title(side.case.framework)} {side.outcome}: {shortened(side.detail, LONGEST)}"
