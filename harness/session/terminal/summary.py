"""The side by side at the end of a session: a table a phase, what was not measured and why, where the time went."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.findings.ladder import climbed, rungs
from harness.findings.lead import lead, ways
from harness.findings.ratio import CONFIDENCE, PROCESS_SPREAD, Ratio, ratio
from harness.frameworks import FRAMEWORKS, rank
from harness.record.case import Style
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.round import FOREIGN_SHARE_LIMIT
from harness.session import measuring, recording
from harness.session.terminal.figures import figures
from harness.session.terminal.five_metrics import five_metrics_table
from harness.session.terminal.format_table import format_table
from harness.session.terminal.ladder_table import attribution_table
from harness.session.terminal.scaling_table import scaling_table
from harness.session.terminal.strategies_table import left_out, strategies_table, told

TABLE_WIDTH = 250  # room for every column: a table that is cut says nothing, and a narrow terminal scrolls
REASON_WIDTH = 100
TITLES = {
    "data_pipeline": "Data pipeline: JPEG files to training batches, in steady state",
    "train_step": "Train step: one optimiser step, the batch already on the device",
    "inference": "Inference: one forward pass, the batch already on the device",
    "memory": "Memory: peak of five steps fed by their pipeline, in a fresh process",
    "largest_batch": "Largest batch: what fits on the GPU, each size tried in a fresh process",
    "fine_tuning": "Fine-tuning: the whole job, training and validation epoch by epoch in turns",
    "end_to_end": "End to end: steps fed by their pipeline, beside the loader alone and the step alone",
    "pipeline_scaling": "Scaling of the pipelines: images/s with a worker on each core; with fewer see below",
}
START_SECONDS = pytest.StashKey[float]()


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[START_SECONDS] = time.perf_counter()


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """After pytest-benchmark's own tables, which end with an exception where --benchmark-compare-fail found something."""
    try:
        return (yield)
    finally:
        print_side_by_side(terminalreporter, config)


def print_side_by_side(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measurements = list({each.case: each for each in config.stash[recording.KEY].values()}.values())  # a ladder shares its ends
    if not measurements:
        return
    terminalreporter.section("side by side")
    writer = terminalreporter._tw
    console = Console(file=writer._file, width=TABLE_WIDTH, force_terminal=writer.hasmarkup, highlight=False)
    measured = [each for each in measurements if each.outcome is Outcome.OK]
    for phase in Phase:
        of_phase = [each for each in measured if each.case.phase is phase and each.case.style not in (Style.LADDER, Style.STRATEGY)]
        if of_phase:
            console.print(format_table(of_phase) if phase == "model_formats" else phase_table(phase, of_phase))
    for sides in by_comparison([each for each in measured if each.epochs]).values():
        if len(sides) == 2:
            console.print(five_metrics_table(*sides))
    print_strategies(console, measured)
    for each in measured:
        if each.scaling:
            console.print(scaling_table(each))
    for phase in climbed(measured):
        found = list(rungs(phase, measured))
        if found:
            console.print(attribution_table(phase, found))
    if len(measured) < len(measurements):
        console.print(unmeasured_table([each for each in measurements if each.outcome is not Outcome.OK]))
    for line in notes(measured):
        console.print(line, soft_wrap=True)
    share = config.stash[measuring.COMPARER].busy_seconds / (wall_seconds := time.perf_counter() - config.stash[START_SECONDS])
    console.print(f"{share:.0%} of {wall_seconds:.0f} s went into measuring and warming up what is measured; the rest is overhead.")


def print_strategies(console: Console, measured: Sequence[Measurement]) -> None:
    found = ways(measured)
    if not any(each.case.strategy for each in found):
        return
    for framework in FRAMEWORKS:
        own = [each for each in found if each.case.framework == framework]
        if own:
            console.print(strategies_table(framework, own))
    ahead = lead(found)
    for sentence in (told(ahead) if ahead else "", left_out(found)):
        if sentence:
            console.print(sentence, soft_wrap=True)


def phase_table(phase: Phase, measurements: Sequence[Measurement]) -> Table:
    """A row a comparison and figure, and beside the first one the ratio to each further side."""
    frameworks = [name for name in FRAMEWORKS if any(each.case.framework == name for each in measurements)]
    table = Table(title=TITLES[phase], title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("case", no_wrap=True)
    table.add_column("figure", no_wrap=True)
    for name in frameworks:
        table.add_column(FRAMEWORKS[name].title, justify="right", no_wrap=True)
    for heading in ("ratio", f"{CONFIDENCE:.0%} interval", "result", "equal work"):
        table.add_column(heading, no_wrap=True)
    for sides in by_comparison(measurements).values():
        shown = {each.case.framework: figures(each) for each in sides}
        names = list(dict.fromkeys(name for side in shown.values() for name in side))
        title = sides[0].case.comparison.removeprefix(phase.replace("_", " ")).strip()
        for name, verdict in itertools.zip_longest(names, verdicts(sides)):
            values = [shown.get(framework, {}).get(name, "–") if name else "" for framework in frameworks]
            table.add_row(title, name, *values, *(verdict or ()))
            title = ""
    return table


def by_comparison(measurements: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    """The first framework first, in whatever order the cases ran."""
    sides: dict[str, list[Measurement]] = {}
    for each in measurements:
        sides.setdefault(each.case.comparison, []).append(each)
    return {comparison: sorted(found, key=lambda side: rank(side.case.framework)) for comparison, found in sides.items()}


def verdicts(sides: Sequence[Measurement]) -> Iterator[tuple[str, str, str, str]]:
    """The first side against each further one: ratio, interval, result, equal work."""
    if len(sides) == 1:
        yield "", "", "no other side", equal_work_mark(sides[0])
    for other in sides[1:]:
        found = ratio(sides[0], other)
        if found is None:
            yield "", "", "not called: disturbed" if sides[0].disturbed or other.disturbed else "too few turns", equal_work_mark(other)
        else:
            yield f"{found.estimate:.2f}", found.interval, result(found, sides[0], other), equal_work_mark(other)


def result(found: Ratio, first: Measurement, second: Measurement) -> str:
    if first.disturbed or second.disturbed:
        return "not called: disturbed"
    if not found.shows_difference:
        return "no difference shown"
    better = first if found.estimate < 1 else second
    adjective = {"memory": "lighter", "largest_batch": "larger"}.get(first.case.phase, "faster")
    return f"{FRAMEWORKS[better.case.framework].title} {found.factor:.2f}× {adjective}"


def equal_work_mark(measurement: Measurement) -> str:
    receipt = measurement.equal_work
    if receipt is not None:
        return f"{len(receipt.checks)} checks hold"
    return "each its own" if measurement.case.style == "stock" else "not checked"


def unmeasured_table(measurements: Sequence[Measurement]) -> Table:
    table = Table(title="Not measured", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("case", "framework", "outcome"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", max_width=REASON_WIDTH)
    for each in measurements:
        table.add_row(each.case.comparison, FRAMEWORKS[each.case.framework].title, each.outcome, escape(each.detail))
    return table


def notes(measurements: Sequence[Measurement]) -> Iterator[str]:
    """How to read the tables, and what was disturbed."""
    if any(each.case.phase != "model_formats" for each in measurements):
        titles = " / ".join(listing.title for listing in FRAMEWORKS.values())
        yield f"ratio: {titles}, of time a step (memory: of bytes), from medians of blocks taken in turns."
        yield f"result: called if the whole interval is over {PROCESS_SPREAD:.0%} from 1. It is this run's: across commits use the gate."
    if any(each.disturbed for each in measurements):
        yield f"disturbed: other processes took over {FOREIGN_SHARE_LIMIT:.0%} of the CPU in most rounds, after all retakes, and that slows"
        yield "  the frameworks unequally. Measure again on a quiet machine."
    elif any(each.disturbed_rounds for each in measurements):
        count = sum(each.disturbed_rounds for each in measurements)
        yield f"disturbed: {count} of {sum(len(each.rounds) for each in measurements)} rounds, which enter no ratio."
    if any(each.throttled_rounds for each in measurements):
        count = sum(each.throttled_rounds for each in measurements)
        yield f"throttled: heat or a power brake slowed the GPU in {count} rounds, which enter no ratio."
    if any(each.case.phase == "largest_batch" for each in measurements):
        yield "largest batch: the ratio is of the room an image takes, the interval what the search left open."
    if any(each.case.phase == "end_to_end" for each in measurements):
        yield "end to end: lost to loading is the share of the time that the same step alone would not take."
        yield "  Overlap 1: the shorter of loader and step is hidden entirely; 0: one after the other; below 0: they disturb one another."
