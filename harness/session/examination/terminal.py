"""An examination in the terminal: a line where the networks agree, and each place where they part."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from harness.findings.account import Fact, Titles, facts, headline, places
from harness.findings.partings import Group, grouped
from harness.record.parting import Examination

INDENT = "   "
INHERENT = "differs whatever one writes"


def lines(examination: Examination, width: int, titles: Titles) -> list[str]:
    """titles: of the frameworks, by name."""
    found = list(_wrapped(f"{examination.model}: {headline(examination, titles)}", width, "", INDENT))
    faults = grouped(examination.faults)
    for number, group in enumerate(faults, 1):
        found += _place(f"{number}. {places(group)}", group, examination, width, titles)
    inherent = grouped(each for each in examination.partings if each.inherent)
    for number, group in enumerate(inherent, len(faults) + 1):
        found += _place(f"{number}. {places(group)}: {INHERENT}", group, examination, width, titles)
    for note in examination.notes:
        found += _wrapped(f"note: {note}", width, "", INDENT)
    for weak in examination.weak:
        found += _wrapped(f"weak: {weak}", width, "", INDENT)
    return found


def _place(heading: str, group: Group, examination: Examination, width: int, titles: Titles) -> Iterator[str]:
    yield from _wrapped(heading, width, "", INDENT)
    told = list(facts(group, examination, titles))
    column = max(len(fact.label) for fact in told) + 2
    for fact in told:
        yield from _row(fact, column, width)


def _row(fact: Fact, column: int, width: int) -> list[str]:
    return _wrapped(fact.text, width, f"{INDENT}{fact.label:<{column}}", " " * (len(INDENT) + column))


def _wrapped(text: str, width: int, first: str, others: str) -> list[str]:
    """A path or a call is broken only where it is longer than a line."""
    least = len(others) + 20
    return textwrap.wrap(text, max(width, least), initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
