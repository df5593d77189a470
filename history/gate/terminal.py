"""The decision in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity, Verdict

_STYLE = {Severity.BLOCKS: "bold red", Severity.OPEN: "yellow", Severity.PASSES: ""}
_HEADLINE = {
    Severity.BLOCKS: "Something got slower, larger or stopped working.",
    Severity.OPEN: "Nothing regressed as far as can be told, but not everything can be told.",
    Severity.PASSES: "Nothing regressed.",
}


def print_decision(decision: Decision, console: Console) -> None:
    table = Table(title=f"{figures.revisions(decision)}: {figures.counts(decision)}", title_justify="left")
    for name in ("case", "verdict", "base → head", "change (95 % interval)", "pairs", "findable", "peak memory", "why"):
        table.add_column(name, overflow="fold", justify="right" if name in ("pairs", "findable") else "left")
    for case in decision.cases:
        table.add_row(*(escape(_printable(cell)) for cell in _cells(case)), style=_style(case))
    console.print(table)
    if shared := figures.whole_run(decision):
        console.print(shared, highlight=False)
    console.print(f"{figures.limits(decision)}.", highlight=False, soft_wrap=True)
    for line in figures.unfinished(decision):
        console.print(escape(_printable(line)), style="yellow", highlight=False, soft_wrap=True)
    console.print(escape(_printable(figures.machine(decision.machine))), highlight=False, soft_wrap=True)
    console.print(_HEADLINE[decision.severity], style=_STYLE[decision.severity] or "green")


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
        case.reason,
    )


def _style(case: CaseVerdict) -> str:
    return "green" if case.verdict is Verdict.IMPROVED else _STYLE[case.severity]


def _printable(text: str) -> str:
    """Names and failures come from the commit under test: an escape sequence in them must not reach the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
