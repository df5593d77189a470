"""A pipeline's rounds are its steady state: not the buffers that filled up while the other framework had its turn."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.corpora import flowers
from fixtures.corpora.flowers import ImagesPerClass
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.data_pipeline import bench as loading
from harness.phases.data_pipeline.bench import Bench
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.measurement import LIMIT, Reading
from harness.worker.protocol import Measure
from harness.worker.timing.drained import BATCHES_PER_ROUND, Drained
from harness.worker.timing.limit import Limit
from tests.stand_in.framework import Loading, StandIn

pytestmark = pytest.mark.paced

BATCH_SECONDS = 0.01
HANDED_OVER_SECONDS = 0.05 * BATCH_SECONDS
BUFFERED_BATCHES = 64  # four rounds' worth
BATCH_SIZE = 8


class Buffered:
    """A producer of fixed speed behind a large buffer."""

    burst = 1

    def __init__(self) -> None:
        self._buffer: Queue[int] = Queue(BUFFERED_BATCHES)
        threading.Thread(target=self._produce, daemon=True).start()

    def _produce(self) -> None:
        while True:
            time.sleep(BATCH_SECONDS)
            self._buffer.put(0)

    def step(self) -> None:
        self._buffer.get()

    def fence(self) -> None:
        pass

    def stop(self) -> None:
        while not self._buffer.empty():
            self._buffer.get()

    def restart(self) -> None:
        pass

    def close(self) -> None:
        pass


class BufferedFramework(StandIn):
    def pipeline(self, setup: Setup) -> Any:
        return Buffered()


class Bursting:
    """So many batches at once, and then a wait for as many more. Counts what was taken."""

    def __init__(self, burst: int, batch_seconds: float = 0.0) -> None:
        self.burst = burst
        self.taken = 0
        self.ready = 0  # of the next ones none is waited for
        self.late_seconds = 0.0  # of the next one, for no reason
        self._seconds = burst * batch_seconds

    def step(self) -> None:
        if self.taken % self.burst == 0 and not self.ready:
            time.sleep(self._seconds)
        time.sleep(self.late_seconds)
        self.late_seconds = 0.0
        self.ready = max(0, self.ready - 1)
        self.taken += 1

    def fence(self) -> None:
        pass


class Ready:
    """So many batches lie ready, and are handed over in some time; any other has to be waited for."""

    burst = 1
    ready = 0

    def step(self) -> None:
        time.sleep(HANDED_OVER_SECONDS if self.ready else BATCH_SECONDS)
        self.ready = max(0, self.ready - 1)

    def fence(self) -> None:
        pass


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    corpus = flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))
    return setup_in(Style.STOCK, corpus.root)


def setup_in(style: Style, corpus: str) -> Setup:
    case = Case(framework="buffered", phase="data_pipeline", workload=Workload.LOADING, style=style, batch_size=BATCH_SIZE)
    return setup_of(case, Experiment(name="x", image_size=32), model=find(DEFAULT), corpus=corpus)


@pytest.fixture
def bench(setup: Setup) -> Bench:
    bench = Bench(BufferedFramework(), setup)
    bench.begin()
    time.sleep(1.5 * BUFFERED_BATCHES * BATCH_SECONDS)  # the other framework's turn
    return bench


def turn(block: int = 0) -> Measure:
    return Measure(block=block, seconds=0.0, max_rounds=1, retake_seconds=0.0)


def batch_seconds(bench: Bench) -> float:
    return bench.measure(turn()).rounds[0].seconds / BATCHES_PER_ROUND


def test_full_buffers_are_drained_before_the_clock_starts(bench: Bench) -> None:
    assert batch_seconds(bench) > 0.9 * BATCH_SECONDS
    assert bench.end().figures["drained_batches"] >= BUFFERED_BATCHES


def test_undrained_they_would_read_many_times_too_fast(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drained, "drain", lambda _: None)
    assert batch_seconds(bench) < 0.2 * BATCH_SECONDS


def test_a_consumer_waits_for_a_slower_pipeline_and_not_for_a_faster_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    twice, half = (round(BATCH_SIZE / BATCH_SECONDS * factor) for factor in (2, 0.5))
    monkeypatch.setattr(loading, "CONSUMERS", (twice, half))
    monkeypatch.setattr(loading, "CONSUMER_SECONDS", 0.3)
    figures = bench.end().figures
    assert 0.4 < figures[f"accelerator_utilisation_at_{twice}_images_per_second"] <= 0.5  # no more than it can be fed
    assert figures[f"accelerator_utilisation_at_{half}_images_per_second"] > 0.8


def test_a_restart_waits_for_a_first_batch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CONSUMERS", ())
    assert 0.0 < bench.end().figures["restart_seconds"] < 5 * BATCH_SECONDS


def test_the_limit_stands_beside_every_block_in_alternating_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    limit, drained = Limit.windows, Drained.windows
    monkeypatch.setattr(Limit, "windows", lambda *each: (taken.append("limit"), limit(*each))[1])
    monkeypatch.setattr(Drained, "windows", lambda *each: (taken.append("pipeline"), drained(*each))[1])
    blocks = [bench.measure(turn(number)) for number in range(2)]
    assert taken == ["pipeline", "limit", "limit", "pipeline"]
    for number, each in enumerate(blocks):
        assert {round_.block for round_ in (*each.rounds, *each.references[LIMIT])} == {number}


def test_memory_is_read_before_and_with_its_buffers_full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CONSUMERS", ())
    readings = bench.end().readings
    assert [each.name for each in readings] == ["host_tree_before_anonymous_bytes", "host_tree_anonymous_bytes"]
    assert all(isinstance(each, Reading) and (each.value_bytes or 0) > 2**20 for each in readings)


@pytest.mark.parametrize(("style", "has_them"), [(Style.MATCHED, True), (Style.STOCK, False)])
def test_pixels_are_compared_where_their_range_is_the_neutral_one(
    setup: Setup, style: Style, has_them: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CONSUMERS", ())
    bench = Bench(StandIn(), setup_in(style, setup.corpus))
    bench.begin()
    ended = bench.end()
    assert ("pixel_difference_max" in ended.figures) == ("pixel_difference_mean" in ended.figures) == has_them
    assert ("pixel_difference_max" in ended.missing) == (not has_them)
    assert ended.figures.get("pixel_difference_max", 0.0) == 0.0


def test_pixels_that_are_off_are_seen(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Loading.to_numpy

    def shifted(pipeline: Loading) -> tuple[np.ndarray, np.ndarray]:
        images, labels = exact(pipeline)
        return images + np.float32(0.25), labels

    monkeypatch.setattr(loading, "CONSUMERS", ())
    monkeypatch.setattr(Loading, "to_numpy", shifted)
    bench = Bench(StandIn(), setup_in(Style.MATCHED, setup.corpus))
    bench.begin()
    figures = bench.end().figures
    assert figures["pixel_difference_max"] == pytest.approx(0.25, abs=1e-5)
    assert figures["pixel_difference_mean"] == pytest.approx(0.25, abs=1e-5)


@given(st.integers(1, 100))
def test_a_round_has_whole_bursts(burst: int) -> None:
    batches = Drained(Bursting(burst), 1).batches_per_round  # type: ignore[arg-type]
    assert batches % burst == 0
    assert BATCHES_PER_ROUND <= batches < BATCHES_PER_ROUND + burst


@pytest.mark.parametrize("burst", [1, 2, 8])
@pytest.mark.parametrize("ready", [0, 1, 5])
def test_a_drain_ends_half_a_burst_after_the_wait(burst: int, ready: int) -> None:
    pipeline = Bursting(burst, BATCH_SECONDS)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    for _ in range(ready):
        pipeline.step()
    drained.drain()
    assert (pipeline.taken - 1) % burst == burst // 2


@pytest.mark.parametrize("ready", [0, 5, 100])
def test_bursts_that_are_epochs_are_waited_for_once_and_only_one_of_them_counts(ready: int) -> None:
    pipeline = Bursting(32, BATCH_SECONDS)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    pipeline.ready = ready
    before = pipeline.taken
    (window,), _ = drained.windows(turn())
    until_the_wait = ready + -(before + ready) % 32 + 1
    assert pipeline.taken - before == until_the_wait + 16 + 32
    assert window.rounds[0].seconds == pytest.approx(32 * BATCH_SECONDS, rel=0.3)  # one wait, for a whole burst


def test_a_batch_that_is_late_is_not_taken_for_the_wait_for_an_epoch() -> None:
    pipeline = Bursting(32, BATCH_SECONDS)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    pipeline.late_seconds, pipeline.ready = 2 * BATCH_SECONDS, 100
    drained.drain()
    assert not pipeline.ready


def test_epochs_that_are_waited_for_batch_by_batch_are_drained_of_what_lies_ready() -> None:
    pipeline = Ready()
    pipeline.burst = 32
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    pipeline.ready = 100
    before = drained.drained_batches
    drained.drain()
    assert not pipeline.ready
    assert drained.drained_batches - before == pytest.approx(100 + 16 + 16, abs=2)


def test_epochs_are_drained_although_the_steady_time_was_taken_on_a_busy_machine() -> None:
    pipeline = Ready()
    pipeline.burst = 32
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    drained._steady_seconds = [5 * BATCH_SECONDS]
    drained.drain()
    assert drained.drained_batches == pytest.approx(2 * 5 * 32 + 16, rel=0.1)


def test_an_epoch_of_few_batches_is_drained_round_by_round() -> None:
    pipeline = Bursting(BATCHES_PER_ROUND // 2, BATCH_SECONDS)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    before = pipeline.taken
    drained.windows(turn())
    assert pipeline.taken - before > 3 * BATCHES_PER_ROUND


def test_a_drain_ends_where_nothing_is_ever_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("DRAIN_SHARE", "DRAIN_ROUNDS"):
        monkeypatch.setattr(f"harness.worker.timing.drained.{bound}", 1e9)
    monkeypatch.setattr("harness.worker.timing.drained.DRAIN_BATCHES", 3 * BATCHES_PER_ROUND)
    pipeline = Bursting(4)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    before = pipeline.taken
    drained.drain()
    assert pipeline.taken - before == drained.drained_batches == 3 * BATCHES_PER_ROUND + 4 + 2


def test_a_drain_takes_all_that_lies_ready_although_handing_it_over_takes_long() -> None:
    pipeline = Ready()
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    pipeline.ready = 512
    drained.drain()
    assert pipeline.ready == 0


def test_one_block_out_of_buffers_is_not_taken_for_the_steady_state() -> None:
    pipeline = Ready()
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    for _ in range(2):
        drained.windows(turn())
    drained._steady_seconds.append(HANDED_OVER_SECONDS)
    pipeline.ready = 4 * BATCHES_PER_ROUND
    drained.drain()
    assert pipeline.ready == 0


def test_a_drain_ends_although_the_steady_time_was_taken_on_a_busy_machine() -> None:
    pipeline = Bursting(1, BATCH_SECONDS)
    drained = Drained(pipeline, 1)  # type: ignore[arg-type]
    drained._steady_seconds = [5 * BATCH_SECONDS]
    before = pipeline.taken
    drained.drain()
    assert pipeline.taken - before <= 11 * BATCHES_PER_ROUND
