"""The decision in the terminal, or in a log."""

from __future__ import annotations

from harness.findings.outputs.sheet import Sheet
from harness.findings.outputs.terminal import Terminal
from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity, Verdict

_STYLE = {Severity.BLOCKS: "bold red", Severity.OPEN: "yellow", Severity.PASSES: ""}
_HEADLINE = {
    Severity.BLOCKS: "Something got slower, larger or stopped working.",
    Severity.OPEN: "Nothing regressed as far as can be told, but not everything can be told.",
    Severity.PASSES: "Nothing regressed.",
}


def print_decision(decision: Decision, terminal: Terminal) -> None:
    table = Sheet(f"{figures.revisions(decision)}: {figures.counts(decision)}")
    for name in figures.COLUMNS:
        table.add_column(name, no_wrap=name != figures.WHY, justify="right" if name in ("pairs", "findable") else "left")
    for case in decision.cases:
        table.add_row(*_cells(case), style=_style(case))
    terminal.table(table)
    for line in figures.whole_reasons(decision):
        terminal.line(line)
    if shared := figures.whole_run(decision):
        terminal.line(shared)
    terminal.line(f"{figures.limits(decision)}.")
    for line in figures.unfinished(decision):
        terminal.line(line, "yellow")
    terminal.line(figures.machine(decision.machine))
    terminal.line(_HEADLINE[decision.severity], _STYLE[decision.severity] or "green")


def _cells(case: CaseVerdict) -> tuple[str, ...]:
    finding = case.finding
    return (
        figures.short(case),
        case.verdict,
        figures.sides(finding),
        figures.change(finding),
        figures.pairs(finding),
        figures.findable(finding.smallest_findable if finding else None),
        figures.memory(case.memory),
        figures.reason(case),
    )


def _style(case: CaseVerdict) -> str:
    return "green" if case.verdict is Verdict.IMPROVED else _STYLE[case.severity]
