"""The cells of a table that say who is ahead."""

from __future__ import annotations

from harness.findings.ahead import Verdict
from harness.findings.ratio import CONFIDENCE
from harness.findings.sides import title

INTERVAL = f"{CONFIDENCE:.0%} interval"


def verdict_cells(verdict: Verdict, several: bool) -> tuple[str, str, str]:
    """Ratio, interval, result. several: the table has more than one other side, so the ratio says which one it is to."""
    sides = f"{title(verdict.reference)} / {title(verdict.other)} " if several and verdict.other else ""
    return f"{sides}{verdict.ratio}".strip(), verdict.interval, verdict.text
