"""The `measure` fixture: what a benchmark calls, and the session's workers behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.findings import benchmark_json
from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session import cases, gpu_missing, machine, options, recording
from harness.session.comparer import COMPARER, Comparer
from harness.session.inputs import InputStore
from harness.session.journal.keeper import Keeper, NoJournal
from harness.session.journal.session_journal import KEY
from harness.session.pace.pacing import PACE, refuse
from harness.session.progress import ProgressLine
from harness.session.stopping import PRECISE_ROUNDS, StoppingRule, Until
from harness.session.terminal.row import row
from harness.session.workbench import Workbench
from harness.session.workers.pool import WorkerPool
from harness.session.workers.worker import WorkerStartError

SUITE = Path(__file__).parents[2]  # the worker imports the same checkout, not what is installed in its environment

Measure = Callable[[], Measurement]


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Iterator[ProgressLine]:
    line = ProgressLine(pytestconfig, pytestconfig.stash[PACE].elapsed)
    yield line
    line.clear()


@pytest.fixture(scope="session")
def comparer(pytestconfig: pytest.Config, progress: ProgressLine) -> Iterator[Comparer]:
    chosen = options.of(pytestconfig)
    pool = WorkerPool(chosen.workers, [str(SUITE), str(pytestconfig.rootpath)], progress.still)
    journal = pytestconfig.stash.get(KEY, None)
    keeper: Keeper = NoJournal() if journal is None else journal
    if journal is not None:
        journal.tell_by(progress.announce)
    check = partial(gpu_missing.check, pytestconfig)
    comparer = Comparer(Workbench(pool, InputStore(chosen), chosen.case_timeout_seconds, progress, keeper, check), keeper)
    pytestconfig.stash[COMPARER] = comparer
    try:
        yield comparer
    finally:
        pool.close_all()


def rule_of(config: pytest.Config) -> StoppingRule:
    """The session's."""
    chosen, until = options.of(config), config.stash[PACE].until
    return StoppingRule(
        precision=chosen.precision,
        confidence=chosen.confidence,
        min_rounds=max(chosen.min_rounds, PRECISE_ROUNDS) if until is Until.PRECISE else chosen.min_rounds,
        max_seconds=chosen.max_seconds,
        has_time=not config.stash[PACE].budget.is_set,
        until=until,
    )


@pytest.fixture
def measure(
    request: pytest.FixtureRequest,
    benchmark: BenchmarkFixture,
    case: Case,
    comparer: Comparer,
    progress: ProgressLine,
) -> Measure:
    """A function that measures the test's case and hands the result to pytest-benchmark.

    The first test of a comparison measures all its sides in turns; the others find theirs measured. A case without a number
    fails its test with the outcome, and is skipped if the machine or the installed versions cannot do it.
    """
    rule = rule_of(request.config) if benchmark.enabled else rule_of(request.config).once()
    pace = request.config.stash[PACE]

    def measured() -> Measurement:
        if case not in comparer.measurements:
            title = title_of(case)
            if benchmark.enabled and not pace.has_room_for(title):
                refuse(request.node, case, pace)
            sides = cases.partners(request.session.items, case)
            progress.announce(f"{title}: measuring " + (f"{len(sides)} sides" if len(sides) > 1 else "it alone"))
            try:
                with pace.comparing(title, lambda: comparer.preparing_seconds):
                    comparer.measure(sides, rule)
            except WorkerStartError as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
            if benchmark.enabled:
                progress.result(row(comparer.measurements[side] for side in sides))
            progress.clear()
        measurement = comparer.measurements[case]
        recording.keep(request.config, request.node.nodeid, measurement)
        machine.check_workers(request.config)
        gpu_missing.check_workers(request.config)
        if measurement.outcome is Outcome.UNSUPPORTED:
            pytest.skip(f"unsupported: {measurement.detail}")
        if measurement.outcome is not Outcome.OK:
            pytest.fail(f"{measurement.outcome}: {measurement.detail}", pytrace=False)
        benchmark_json.replay(benchmark, measurement)
        return measurement

    return measured
