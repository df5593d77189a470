"""The side by side at the end of a session: a table a phase, what was not measured and why, where the time went."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest

from harness.findings.comparison import phase_title
from harness.findings.five_metrics import of_jobs
from harness.findings.ladder import ladders
from harness.findings.lead import leads, left_out, told, untold, ways
from harness.findings.models import by_model, headed, model_titles, told_apart
from harness.findings.outputs.sheet import Sheet
from harness.findings.outputs.terminal import Terminal
from harness.findings.sides import ordered
from harness.phases import PHASES
from harness.phases.declaration import Schedule
from harness.record.case import Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session import recording
from harness.session.comparer import COMPARER, Comparer
from harness.session.journal.storing import session_of
from harness.session.terminal import ranks_table
from harness.session.terminal.five_metrics_table import five_metrics_table
from harness.session.terminal.format_table import format_table
from harness.session.terminal.ladder_table import ladder_table
from harness.session.terminal.notes import notes, of_weak_checks
from harness.session.terminal.once_table import once_table
from harness.session.terminal.scaling_table import scaling_table
from harness.session.terminal.side_by_side import phase_table
from harness.session.terminal.strategies_table import strategies_table
from harness.session.terminal.unmeasured_table import unmeasured_table, whole_reasons

START_SECONDS = pytest.StashKey[float]()
LEAST_SHARE = 0.01  # of the time: what took less is not told


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
    if session_of(config).disabled:
        _print(terminalreporter, "run once", contents_of_one_round(measurements))
        return
    spent = of_the_time(config.stash[COMPARER], time.perf_counter() - config.stash[START_SECONDS])
    _print(terminalreporter, "side by side", [*contents(measurements), spent])


def of_the_time(comparer: Comparer, wall_seconds: float) -> str:
    """What it went into."""
    measuring = f"{comparer.busy_seconds / wall_seconds:.0%} of {wall_seconds:.0f} s went into measuring and warming up what is measured"
    shares = {what: seconds / wall_seconds for what, seconds in comparer.spent_seconds.items()}
    told = [f"{share:.0%} into {what}" for what, share in shares.items() if share >= LEAST_SHARE]
    return f"{', '.join([measuring, *told])}; the rest is overhead."


def _print(terminalreporter: pytest.TerminalReporter, section: str, contents: Iterable[Sheet | str]) -> None:
    terminalreporter.section(section)
    writer = terminalreporter._tw
    terminal = Terminal(writer._file, writer.fullwidth if terminalreporter.isatty else None, writer.hasmarkup)
    for each in contents:
        if isinstance(each, str):
            terminal.line(each)
        else:
            terminal.table(each)


def contents(measurements: Sequence[Measurement]) -> Iterator[Sheet | str]:
    """Tables, and sentences below them."""
    measured = [each for each in measurements if each.outcome is Outcome.OK]
    titles = told_apart(measurements)
    yield _models(measurements)
    for phase, found in _by_phase([each for each in measured if not _has_another_table(each)]).items():
        yield from (_phase_table(phase, titles[model], own) for model, own in by_model(found).items())
    yield from ranks_table.of_all(measured, titles)
    yield from map(five_metrics_table, of_jobs(measurements))
    yield from _strategies(ways(measured), titles)
    yield from (scaling_table(each, titles[each.case.model]) for each in measured if each.scaling)
    yield from map(ladder_table, ladders(measured))
    yield from _unmeasured(measurements)
    yield from notes(measured)


def contents_of_one_round(measurements: Sequence[Measurement]) -> Iterator[Sheet | str]:
    """Of a session that times nothing: a single round of each is no result."""
    yield _models(measurements)
    yield once_table(measurements)
    yield from _unmeasured(measurements)
    yield from of_weak_checks(measurements)


def _unmeasured(measurements: Sequence[Measurement]) -> Iterator[Sheet | str]:
    if without := [each for each in measurements if each.outcome is not Outcome.OK]:
        yield unmeasured_table(without)
        yield from whole_reasons(without)


def _models(measurements: Sequence[Measurement]) -> str:
    found = model_titles(measurements)
    return f"{'model' if len(found) == 1 else 'models'}: {', '.join(f'{title} ({name})' for name, title in found.items())}"


def _by_phase(measurements: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    """In the order of the phases; those that are not listed come last."""
    names = dict.fromkeys([*PHASES, *(each.case.phase for each in measurements)])
    by_phase = {name: [each for each in measurements if each.case.phase == name] for name in names}
    return {name: found for name, found in by_phase.items() if found}


def _has_another_table(measurement: Measurement) -> bool:
    """A ladder's rungs have one, and ways to load beside the tuned one."""
    case = measurement.case
    return case.rung is not None or (case.strategy is not None and case.workload is Workload.LOADING)


def _phase_table(name: str, model: str, measurements: Sequence[Measurement]) -> Sheet:
    """model: its title, where it needs telling."""
    phase = PHASES.get(name)
    heading = headed(phase_title(name), model) + (f": {phase.subtitle}" if phase else "")
    alone = phase is not None and phase.schedule is Schedule.ALONE
    return format_table(heading, measurements) if alone else phase_table(heading, measurements)


def _strategies(found: Sequence[Measurement], titles: Mapping[str, str]) -> Iterator[Sheet | str]:
    """titles: of the models, where they need telling."""
    for model, own in by_model(found).items():
        if any(each.case.strategy for each in own):
            for framework in ordered(each.case.framework for each in own):
                yield strategies_table(framework, [each for each in own if each.case.framework == framework], titles[model])
            yield from map(told, leads(own, titles))
            yield from filter(None, (untold(own, titles[model]), left_out(own)))
