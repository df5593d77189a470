"""The table of a ladder: what each source of unfairness was worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.findings.ladder import Rung
from harness.findings.ratio import CONFIDENCE
from harness.frameworks import FRAMEWORKS

BAR_CELLS = 12  # on either side of the middle


def attribution_table(phase: Phase, found: Sequence[Rung]) -> Table:
    frameworks = list(dict.fromkeys(name for rung in found for name in rung.values))
    titles = [FRAMEWORKS[name].title for name in frameworks]
    title = f"Why, {phase.replace('_', ' ')}: {' / '.join(titles)} from stock to matched, one source of unfairness neutralised a rung"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("rung", *titles, "ratio", f"{CONFIDENCE:.0%} interval", "worth", "below 1 │ above 1", "habits → neutral"):
        table.add_column(heading, justify="right" if heading in titles else "left", no_wrap=True)
    largest = max((abs(math.log(rung.ratio.estimate)) for rung in found if rung.ratio), default=0.0)
    for rung in found:
        table.add_row(rung.name, *(rung.values[name] for name in frameworks), *_cells(rung, largest), rung.meaning)
    return table


def _cells(rung: Rung, largest: float) -> tuple[str, str, str, str]:
    """Ratio, interval, worth, bar."""
    if rung.ratio is None:
        return "", "not called: disturbed, or too few turns", "", ""
    worth = "" if rung.worth is None else f"× {rung.worth:.2f}"
    return f"{rung.ratio.estimate:.2f}", rung.ratio.interval, worth, bar(rung.ratio.estimate, largest)


def bar(ratio: float, largest: float) -> str:
    """The ratio's logarithm as a bar to the left or right of 1. largest: the largest logarithm of the ladder."""
    cells = round(BAR_CELLS * abs(math.log(ratio)) / largest) if largest else 0
    left, right = ("█" * cells, "") if ratio < 1 else ("", "█" * cells)
    return f"{left:>{BAR_CELLS}}│{right:<{BAR_CELLS}}"
