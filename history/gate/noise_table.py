"""A machine's noise in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from history.gate.figures import findable
from history.gate.noise import PAIRS, Noise


def print_noise(noise: Noise, console: Console) -> None:
    table = Table(title="Head against itself: process-to-process spread, and the smallest change found with probability 95 %")
    table.add_column("case", overflow="fold")
    for name in ("pairs", "spread (sd)", *(f"{pairs} pairs find" for pairs in PAIRS)):
        table.add_column(name, justify="right")
    for case in noise.cases:
        found = (findable(case.smallest_findable[pairs]) for pairs in PAIRS)
        table.add_row(escape(case.case), str(case.pairs), f"{case.process_sd:.2%}", *found)
    console.print(table)
    console.print(
        f"False alarms: {noise.alarm_rate:.1%} of {noise.replays} replayed runs (at most {noise.most_alarm_rate:.1%} at 95 %); "
        f"in these very files: {', '.join(noise.alarms) or 'none'}.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
