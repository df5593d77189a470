"""A fed step beside its parts: what a loader hides in a thread of its own and what it cannot in the caller's, and that parts are alone."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from queue import Queue
from typing import Any

import msgspec
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.findings.overlap import Bound, verdict, with_figures
from harness.frameworks.contract import Setup
from harness.phases.end_to_end import bench as end_to_end
from harness.phases.end_to_end.bench import Bench
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.measurement import LOADER, STEP, Measurement
from harness.record.outcome import Outcome, Unsupported
from harness.record.round import Round
from harness.worker.protocol import Measure
from tests.stand_in.framework import Loading, StandIn, Steps

pytestmark = pytest.mark.paced

CASE = Case(framework="fed", phase="end_to_end", workload=Workload.FROZEN, style=Style.STOCK, batch_size=8)
SETUP = setup_of(CASE, Experiment(name="x"), model=find(DEFAULT))
BUFFERED_BATCHES = 4
LARGE_BUFFER_BATCHES = 16  # take longer to be made again than the first step, which is still fed
TURNS = 6
SHORT_SECONDS, LONG_SECONDS = 0.02, 0.04
ROUND_SECONDS = 0.15
WORK = bytes(100_000)  # some tenths of a millisecond's


@pytest.fixture(autouse=True)
def _short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_to_end, "ROUND_SECONDS", ROUND_SECONDS)


class Pace:
    """Sleep after sleep, what one was too long taken off the next: a busy machine's are late by more than is told apart here."""

    def __init__(self) -> None:
        self._late_seconds = 0.0

    def __call__(self, seconds: float) -> None:
        planned, start = seconds - self._late_seconds, time.perf_counter()
        time.sleep(max(0.0, planned))
        self._late_seconds = time.perf_counter() - start - planned


class Paced(Steps):
    def __init__(self, setup: Setup, seconds: float) -> None:
        super().__init__(setup, seconds)
        self._pace = Pace()

    def step(self) -> None:
        self._pace(self._seconds)


class InTheCaller(Paced, Loading):
    burst = 1


class InAThread(InTheCaller):
    """Loads ahead of what is asked for."""

    def __init__(
        self, setup: Setup, seconds: float, load: Callable[[float], None] | None = None, buffered_batches: int = BUFFERED_BATCHES
    ) -> None:
        super().__init__(setup, seconds)
        self.loaded = 0
        self._load = load or self._pace
        self._buffer: Queue[int] = Queue(buffered_batches)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            self._load(self._seconds)
            self.loaded += 1
            self._buffer.put(self.loaded)

    def step(self) -> None:
        self._buffer.get()


class Counted(InTheCaller):
    def __init__(self, setup: Setup, seconds: float) -> None:
        super().__init__(setup, seconds)
        self.taken = 0

    def step(self) -> None:
        super().step()
        self.taken += 1


class Fed(StandIn):
    def __init__(self, pipeline: Loading, step_seconds: float = LONG_SECONDS) -> None:
        super().__init__(Paced, step_seconds)
        self._pipeline = pipeline

    def pipeline(self, setup: Setup) -> Loading:
        return self._pipeline


def begun(framework: StandIn) -> Bench:
    bench = Bench(framework, SETUP)
    bench.begin()
    return bench


def measured(framework: StandIn) -> Measurement:
    """By the bench itself. What sleeps is not slowed by other processes: none of its rounds counts as disturbed."""
    bench = Bench(framework, SETUP)
    steps = bench.begin().steps_per_round
    blocks = [bench.measure(Measure(turn, 0.0, 1, 0.0)) for turn in range(TURNS)]
    names: list[Any] = [None, LOADER, STEP]
    together, loader, step = (
        tuple(undisturbed(each) for block in blocks for each in (block.references[name] if name else block.rounds)) for name in names
    )
    return with_figures(
        Measurement(
            case=CASE,
            outcome=Outcome.OK,
            steps_per_round=steps,
            rounds=together,
            references={LOADER: loader, STEP: step},
            figures=bench.end().figures,
        )
    )


def undisturbed(each: Round) -> Round:
    return msgspec.structs.replace(each, foreign_cpu_share=0.0)


@pytest.mark.parametrize(
    ("pipeline", "loader_seconds", "step_seconds", "bound", "lost", "waiting", "overlap"),
    [
        (InAThread, SHORT_SECONDS, LONG_SECONDS, Bound.COMPUTE, 0.0, 0.0, 1.0),
        (InAThread, LONG_SECONDS, SHORT_SECONDS, Bound.LOADER, 1 / 2, 1 / 2, 1.0),
        (InTheCaller, SHORT_SECONDS, LONG_SECONDS, Bound.LOADING, 1 / 3, 1 / 3, 0.0),
        (InTheCaller, LONG_SECONDS, SHORT_SECONDS, Bound.LOADER, 2 / 3, 2 / 3, 0.0),
    ],
)
def test_a_thread_hides_the_shorter_and_the_caller_nothing(
    pipeline: type[InTheCaller], loader_seconds: float, step_seconds: float, bound: Bound, lost: float, waiting: float, overlap: float
) -> None:
    measurement = measured(Fed(pipeline(SETUP, loader_seconds), step_seconds))
    found = verdict(measurement)
    assert found is not None
    assert found.bound is bound
    assert found.lost_share == pytest.approx(lost, abs=0.08)
    assert found.overlap.estimate == pytest.approx(overlap, abs=0.25)
    assert measurement.figures["wait_share"] == pytest.approx(waiting, abs=0.08)
    assert measurement.figures["loader_alone_seconds_per_step"] == pytest.approx(loader_seconds, rel=0.15)
    assert measurement.figures["step_alone_seconds_per_step"] == pytest.approx(step_seconds, rel=0.15)


def spin(seconds: float) -> None:
    """Takes CPU time, without the interpreter's lock: held, it would make all that happens before the first step slow."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.sha256(WORK)


class Watched(Fed):
    """Notes what its pipeline loads while steps go by that it did not feed."""

    def __init__(self) -> None:
        super().__init__(InAThread(SETUP, SHORT_SECONDS, spin, LARGE_BUFFER_BATCHES))
        self.loaded_beside_the_step_alone = 0

    def train_step(self, setup: Setup) -> Steps:
        return WatchedSteps(setup, self)


class WatchedSteps(Steps):
    def __init__(self, setup: Setup, framework: Watched) -> None:
        super().__init__(setup, LONG_SECONDS)
        self._framework = framework
        self._is_fed = False

    def load(self, batch: object) -> None:
        self._is_fed = True

    def step(self) -> None:
        pipeline: Any = self._framework.pipeline(self._setup)
        before = pipeline.loaded
        super().step()
        if not self._is_fed:
            self._framework.loaded_beside_the_step_alone += pipeline.loaded - before
        self._is_fed = False


def loaded_beside_the_step_alone() -> int:
    framework = Watched()
    bench = begun(framework)
    framework.loaded_beside_the_step_alone = 0  # of the warm-up
    for turn in range(3):
        bench.measure(Measure(turn, 0.0, 1, 0.0))
    return framework.loaded_beside_the_step_alone


def test_nothing_of_the_pipeline_runs_beside_the_step_alone() -> None:
    assert loaded_beside_the_step_alone() == 0


def test_without_waiting_for_full_buffers_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_to_end, "wait_until_idle", lambda _: None)
    assert loaded_beside_the_step_alone() > 0


def test_bursts_that_would_take_too_long_are_refused_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = InTheCaller(SETUP, 0.0)
    pipeline.burst = 31
    assert Bench(Fed(pipeline, 0.001), SETUP).begin().steps_per_round % 31 == 0
    monkeypatch.setattr(end_to_end, "BURST_LIMIT_SECONDS", 0.03)
    with pytest.raises(Unsupported, match=r"bursts of 31, and so many steps take .* s here"):
        begun(Fed(pipeline, 0.001))


def test_the_buffers_of_a_faster_loader_are_full_again_before_the_clock_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a batch gained in each step, two for each of the threads."""
    setup = msgspec.structs.replace(SETUP, threads=4)
    pipeline = Counted(setup, 0.001)
    bench = Bench(Fed(pipeline, 0.1), setup)
    bench.begin()
    monkeypatch.setattr(bench._drained, "drain", lambda: None)
    before, untimed = pipeline.taken, []
    monkeypatch.setattr(bench, "_windows", lambda *_: untimed.append(pipeline.taken - before) or ([], []))
    bench._together(Measure(0, 0.0, 1, 0.0))
    assert untimed[0] >= 2 * setup.threads
    bench.close()
