"""The decision as GitHub Markdown: for the job's summary and the comment on a pull request.

Case names and failures come from the commit under test: what could be markup in them is escaped.
"""

from __future__ import annotations

from harness.findings.outputs.markdown import code, escaped, folded, table
from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity

MARKER = "<!-- history gate -->"  # by which the job that comments finds its earlier comment
MOST_ROWS = 300  # GitHub refuses a comment of more than 65,536 characters

_HEADLINE = {
    Severity.BLOCKS: "❌ Regressed",
    Severity.OPEN: "⚠️ Inconclusive",
    Severity.PASSES: "✅ Nothing regressed",
}


def markdown(decision: Decision) -> str:
    parts = [
        MARKER,
        f"### {_HEADLINE[decision.severity]}: {figures.counts(decision)}",
        f"{code(figures.revisions(decision))} · {figures.limits(decision)}.",
    ]
    if shared := figures.whole_run(decision):
        parts.append(f"{shared}.")
    if lines := figures.unfinished(decision):
        parts.append("\n".join(f"- {escaped(line)}" for line in lines))
    if decision.flagged:
        parts.append(_table(decision.flagged))
    if decision.unflagged:
        parts.append(folded(f"{len(decision.unflagged)} other cases", _table(decision.unflagged)))
    parts += figures.whole_reasons(decision)
    parts.append(folded("Environment", _environment(decision)))
    return "\n\n".join(parts) + "\n"


def _table(cases: tuple[CaseVerdict, ...]) -> str:
    left_out = len(cases) - MOST_ROWS
    found = table(figures.COLUMNS, map(_cells, cases[:MOST_ROWS]))
    return found + (f"\n\n… and {left_out} more: see the JSON report." if left_out > 0 else "")


def _cells(case: CaseVerdict) -> tuple[str, ...]:
    finding = case.finding
    return (
        code(figures.short(case)),
        f"**{case.verdict}**" if case.severity is not Severity.PASSES else str(case.verdict),
        figures.sides(finding),
        figures.change(finding),
        figures.pairs(finding),
        figures.findable(finding.smallest_findable if finding else None),
        figures.memory(case.memory),
        escaped(figures.reason(case)),
    )


def _environment(decision: Decision) -> str:
    lines = [f"- {escaped(figures.machine(decision.machine))}"]
    for name, environment in decision.environments.items():
        fields = "; ".join(f"{escaped(key)}: {escaped(value)}" for key, value in sorted(environment.items()))
        lines.append(f"- **{escaped(name)}**: {fields}")
    return "\n".join(lines)
