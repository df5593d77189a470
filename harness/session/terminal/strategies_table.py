"""The table of one framework's ways to load images, the fastest first, and which framework's best one leads."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.findings.lead import Lead, does_the_work, line, name, ranked
from harness.findings.ratio import CONFIDENCE, limit_share
from harness.frameworks import FRAMEWORKS
from harness.record.measurement import Measurement
from harness.session.terminal.figures import LIMIT, figures

INTERVAL = f"{CONFIDENCE:.0%} interval"


def strategies_table(framework: str, measurements: Sequence[Measurement]) -> Table:
    """Measurements of that framework: `lead.ways`."""
    title = f"{FRAMEWORKS[framework].title}'s ways to load the same images, by their share of what libjpeg-turbo and OpenCV do alone"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    headings = list(dict.fromkeys(heading for each in measurements for heading in figures(each)))
    headings.insert(1 + headings.index(LIMIT), INTERVAL)
    for heading in ("strategy", *headings, "what it is"):
        table.add_column(heading, justify="right" if heading in headings else "left", no_wrap=True)
    for each in ranked(measurements):
        share = limit_share(each)
        shown = {INTERVAL: f"{share.low:.0%} – {share.high:.0%}" if share else "", **figures(each)}
        table.add_row(name(each), *(shown.get(heading, "–") for heading in headings), line(each.case))
    return table


def told(lead: Lead) -> str:
    """Which framework's best way is ahead, of those that do the work."""
    first, second = (f"{FRAMEWORKS[each.case.framework].title}'s {name(each)}" for each in (lead.first, lead.second))
    if lead.ratio is None or lead.disturbed:
        return f"best: {first}, then {second}; by how much is not called: disturbed, or too few turns."
    found = lead.ratio
    interval = f"{1 / found.high:.2f} – {1 / found.low:.2f}"
    called = "" if found.shows_difference else ": no difference shown"
    picked = "Each was picked as its framework's fastest here, which flatters both: the interval does not cover that."
    return f"best: {first}, {found.factor:.2f}× as fast as {second} ({CONFIDENCE:.0%} interval {interval}){called}. {picked}"


def left_out(measurements: Sequence[Measurement]) -> str:
    """Those that cannot be the best; empty where there are none."""
    names = ", ".join(dict.fromkeys(name(each) for each in measurements if limit_share(each) and not does_the_work(each)))
    return names and f"not among them: {names}: other pixels, or copies, for less than half of the limit's CPU time an image."
