"""A pipeline's rounds are its steady state: not the buffers that filled up while the other framework had its turn."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import Any

import numpy as np
import pytest

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
