"""The `measure` fixture: what a benchmark calls, and the session's workers behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.findings import benchmark_json
from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session import cases, machine, options, recording
from harness.session.comparer import COMPARER, Comparer
from harness.session.inputs import InputStore
from harness.session.journal.keeper import Keeper, NoJournal
from harness.session.journal.session_journal import KEY
from harness.session.progress import ProgressLine
from harness.session.stopping import StoppingRule
from harness.session.workbench import Workbench
from harness.session.workers.pool import WorkerPool
from harness.session.workers.worker import WorkerStartError

SUITE = Path(__file__).parents[2]  # the worker imports the same checkout, not what is installed in its environment

Measure = Callable[[], Measurement]


@pytest.fixture(scope="session")
def progress(pytestconfig: pytest.Config) -> Iterator[ProgressLine]:
    line = ProgressLine(pytestconfig)
    yield line
    line.clear()


@pytest.fixture(scope="session")
def comparer(pytestconfig: pytest.Config, progress: ProgressLine) -> Iterator[Comparer]:
    chosen = options.of(pytestconfig)
    pool = WorkerPool(chosen.workers, [str(SUITE), str(pytestconfig.rootpath)])
    journal = pytestconfig.stash.get(KEY, None)
    keeper: Keeper = NoJournal() if journal is None else journal
    if journal is not None:
        journal.tell_by(progress.announce)
    comparer = Comparer(Workbench(pool, InputStore(chosen), chosen.case_timeout_seconds, progress, keeper), keeper)
    pytestconfig.stash[COMPARER] = comparer
    try:
        yield comparer
    finally:
        pool.close_all()


@pytest.fixture(scope="session")
def stopping_rule(pytestconfig: pytest.Config) -> StoppingRule:
    chosen = options.of(pytestconfig)
    return StoppingRule(
        precision=chosen.precision, confidence=chosen.confidence, min_rounds=chosen.min_rounds, max_seconds=chosen.max_seconds
    )


@pytest.fixture
def measure(
    request: pytest.FixtureRequest,
    benchmark: BenchmarkFixture,
    case: Case,
    comparer: Comparer,
    stopping_rule: StoppingRule,
    progress: ProgressLine,
) -> Measure:
    """A function that measures the test's case and hands the result to pytest-benchmark.

    The first test of a comparison measures all its sides in turns; the others find theirs measured. A case without a number
    fails its test with the outcome, and is skipped if the machine or the installed versions cannot do it.
    """
    rule = stopping_rule if benchmark.enabled else stopping_rule.once()

    def measured() -> Measurement:
        if case not in comparer.measurements:
            sides = cases.partners(request.session.items, case)
            progress.announce(f"{title_of(case)}: measuring " + (f"{len(sides)} sides in turns" if len(sides) > 1 else "it alone"))
            try:
                comparer.measure(sides, rule)
            except WorkerStartError as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
            progress.clear()
        measurement = comparer.measurements[case]
        recording.keep(request.config, request.node.nodeid, measurement)
        machine.check_workers(request.config)
        if measurement.outcome is Outcome.UNSUPPORTED:
            pytest.skip(f"unsupported: {measurement.detail}")
        if measurement.outcome is not Outcome.OK:
            pytest.fail(f"{measurement.outcome}: {measurement.detail}", pytrace=False)
        benchmark_json.replay(benchmark, measurement)
        return measurement

    return measured
