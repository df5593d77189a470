"""The table of a ladder: what each source of unfairness was worth."""

from __future__ import annotations

import math

from harness.findings.ladder import Ladder, Rung
from harness.findings.models import headed
from harness.findings.outputs.sheet import Sheet
from harness.findings.ratio import in_digits
from harness.findings.sides import title
from harness.session.terminal.verdict_cells import INTERVAL

BAR_CELLS = 12  # on either side of the middle


def ladder_table(ladder: Ladder) -> Sheet:
    """Columns for the ratio to each other side."""
    titles = {framework: title(framework) for framework in (ladder.reference, *ladder.others)}
    sides = " / ".join(titles.values())
    table = Sheet(
        f"Why, {headed(ladder.title.lower(), ladder.model)}: {sides} from stock to matched, one source of unfairness neutralised a rung"
    )
    table.add_column("rung", no_wrap=True)
    for heading in titles.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for other in ladder.others:
        ratio = "ratio" if len(ladder.others) == 1 else f"{titles[ladder.reference]} / {titles[other]}"
        for heading in (ratio, INTERVAL, "worth", "below 1 │ above 1"):
            table.add_column(heading, no_wrap=True)
    table.add_column("habits → neutral")  # the only column that may take several lines: three frameworks' habits can be long
    largest = _largest(ladder)
    for rung in ladder.rungs:
        values = [rung.values[framework] for framework in titles]
        cells = [cell for other in ladder.others for cell in _cells(rung, other, largest)]
        table.add_row(rung.name, *values, *cells, rung.meaning)
    return table


def _largest(ladder: Ladder) -> float:
    """Logarithm of a ratio."""
    return max((abs(math.log(found.estimate)) for rung in ladder.rungs for found in rung.ratios.values() if found), default=0.0)


def _cells(rung: Rung, other: str, largest: float) -> tuple[str, str, str, str]:
    """Ratio, interval, worth, bar."""
    found, worth = rung.ratios[other], rung.worths[other]
    if found is None:
        return "", rung.reasons[other], "", ""
    return in_digits(found.estimate), found.interval, "" if worth is None else f"× {worth:.2f}", bar(found.estimate, largest)


def bar(ratio: float, largest: float) -> str:
    """The ratio's logarithm as a bar to the left or right of 1. largest: the largest logarithm of the ladder."""
    cells = round(BAR_CELLS * abs(math.log(ratio)) / largest) if largest else 0
    left, right = ("█" * cells, "") if ratio < 1 else ("", "█" * cells)
    return f"{left:>{BAR_CELLS}}│{right:<{BAR_CELLS}}"
