"""The decision as GitHub Markdown: for the job's summary and the comment on a pull request.

Case names and failures come from the commit under test: what could be markup in them is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity

MARKER = "<!-- history gate -->"  # by which the job that comments finds its earlier comment
MOST_ROWS = 300  # GitHub refuses a comment of more than 65,536 characters

_HEADLINE = {
    Severity.BLOCKS: "❌ Regressed",
    Severity.OPEN: "⚠️ Inconclusive",
    Severity.PASSES: "✅ Nothing regressed",
}
_COLUMNS = ("case", "verdict", "base → head", "change (95 % interval)", "pairs", "findable", "peak memory", "why")


def markdown(decision: Decision) -> str:
    parts = [
        MARKER,
        f"### {_HEADLINE[decision.severity]}: {figures.counts(decision)}",
        f"`{escaped(figures.revisions(decision))}` · {figures.limits(decision)}.",
    ]
    if shared := figures.whole_run(decision):
        parts.append(f"{shared}.")
    if lines := figures.unfinished(decision):
        parts.append("\n".join(f"- {escaped(line)}" for line in lines))
    if decision.flagged:
        parts.append(_table(decision.flagged))
    if decision.unflagged:
        parts.append(folded(f"{len(decision.unflagged)} other cases", _table(decision.unflagged)))
    parts.append(folded("Environment", _environment(decision)))
    return "\n\n".join(parts) + "\n"


def _table(cases: tuple[CaseVerdict, ...]) -> str:
    rows = [table_row(_COLUMNS), table_row("---" for _ in _COLUMNS)]
    rows += [table_row(_cells(case)) for case in cases[:MOST_ROWS]]
    left_out = len(cases) - MOST_ROWS
    return "\n".join(rows) + (f"\n\n… and {left_out} more: see the JSON report." if left_out > 0 else "")


def _cells(case: CaseVerdict) -> tuple[str, ...]:
    finding = case.finding
    return (
        f"`{code(figures.short(case))}`",
        f"**{case.verdict}**" if case.severity is not Severity.PASSES else str(case.verdict),
        figures.sides(finding),
        figures.change(finding),
        figures.pairs(finding),
        figures.findable(finding.smallest_findable if finding else None),
        figures.memory(case.memory),
        escaped(case.reason),
    )


def table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _environment(decision: Decision) -> str:
    lines = [f"- {escaped(figures.machine(decision.machine))}"]
    for name, environment in decision.environments.items():
        fields = "; ".join(f"{escaped(key)}: {escaped(value)}" for key, value in sorted(environment.items()))
        lines.append(f"- **{escaped(name)}**: {fields}")
    return "\n".join(lines)


def folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def escaped(text: str) -> str:
    """Plain text: no HTML, no markup, no table cell's end, no mention of a person or another issue."""
    one_line = " ".join(text.split())
    marked = re.sub(r"([\\`*_\[\]()|~#@!])", r"\\\1", html.escape(one_line, quote=False))
    return marked.replace("\\@", "@\u200b").replace("\\#", "#\u200b")


def code(text: str) -> str:
    """Inside backticks only the backtick and the cell's end have a meaning."""
    return " ".join(text.split()).replace("`", "'").replace("|", "\\|")
