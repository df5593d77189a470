"""The same case of the same framework in two sessions: how far the figures of one machine are apart."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator

from harness.findings.comparison import title_of
from harness.findings.outputs.markdown import escaped, table
from harness.findings.sides import title
from harness.findings.watched import values, watched
from harness.record.measurement import Measurement
from history.measured.folder import Folder
from history.measured.session import Session, headed

TITLE = "The same case in two sessions"
WHAT = "How far two sessions of this page are apart. An interval above is of the turns of one session, and does not cover this."


def blocks(folder: Folder) -> Iterator[str]:
    pairs = {pair: list(_rows(*pair)) for pair in itertools.combinations(folder.sessions, 2)}
    if any(pairs.values()):
        yield WHAT
    for (before, after), rows in pairs.items():
        if rows:
            yield f"{headed(before)}, then {headed(after)}"
            yield table(("case", "framework", "first", "then", "apart"), rows)


def _rows(before: Session, after: Session) -> Iterator[tuple[str, ...]]:
    """Of each case that both have."""
    again = {each.case: each for each in after.measured}
    for first in before.measured:
        second, how = again.get(first.case), watched(first)
        ours, theirs = _value(first), _value(second) if second else None
        if second and ours and theirs and watched(second) == how:
            written = (f"{how.figure.title} {how.figure.written(value)}" for value in (ours, theirs))
            yield escaped(title_of(first.case)), title(first.case.framework), *written, f"{theirs / ours - 1:+.1%}"


def _value(side: Measurement) -> float | None:
    found = values(side, side.step_seconds)
    return statistics.median(found) if found else None
