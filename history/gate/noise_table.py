"""A machine's noise in the terminal."""

from __future__ import annotations

from harness.findings.outputs.sheet import Sheet
from harness.findings.outputs.terminal import Terminal
from history.gate.figures import findable
from history.gate.noise import PAIRS, Noise


def print_noise(noise: Noise, terminal: Terminal) -> None:
    table = Sheet("Head against itself: process-to-process spread, and the smallest change found with probability 95 %")
    table.add_column("case", no_wrap=True)
    for name in ("pairs", "spread (sd)", *(f"{pairs} pairs find" for pairs in PAIRS)):
        table.add_column(name, justify="right", no_wrap=True)
    for case in noise.cases:
        found = (findable(case.smallest_findable[pairs]) for pairs in PAIRS)
        table.add_row(case.case, str(case.pairs), f"{case.process_sd:.2%}", *found)
    terminal.table(table)
    terminal.line(
        f"False alarms: {noise.alarm_rate:.1%} of {noise.replays} replayed runs (at most {noise.most_alarm_rate:.1%} at 95 %); "
        f"in these very files: {', '.join(noise.alarms) or 'none'}."
    )
