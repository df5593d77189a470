"""A pipeline's rounds are its steady state: not the buffers that filled up while the other framework had its turn."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import Any

import pytest

from fixtures.case import Case, Phase, Style, Workload
from fixtures.frameworks.contract import Setup
from fixtures.inputs.experiment import Experiment
from fixtures.worker import loading
from fixtures.worker.loading import PipelineBench
from fixtures.worker.protocol import Measure
from tests.stand_in.framework import StandIn

BATCH_SECONDS = 0.01
BUFFERED_BATCHES = 64  # four rounds' worth


class Buffered:
    """A producer of fixed speed behind a large buffer."""

    workers = 1

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

    def close(self) -> None:
        pass


class BufferedFramework(StandIn):
    def pipeline(self, setup: Setup) -> Any:
        return Buffered()


@pytest.fixture
def bench() -> PipelineBench:
    case = Case("buffered", Phase.DATA_PIPELINE, Workload.LOADING, Style.STOCK, 8)
    bench = PipelineBench(BufferedFramework(), Setup(case, Experiment(name="x"), "", "", threads=1, dropout=0.0))  # type: ignore[arg-type]
    bench.begin()
    time.sleep(1.5 * BUFFERED_BATCHES * BATCH_SECONDS)  # the other framework's turn
    return bench


def batch_seconds(bench: PipelineBench) -> float:
    block = bench.measure(Measure(block=0, seconds=0.0, max_rounds=1, retake_seconds=0.0))
    return block.rounds[0].seconds / loading.BATCHES_PER_ROUND


def test_full_buffers_are_drained_before_the_clock_starts(bench: PipelineBench) -> None:
    assert batch_seconds(bench) > 0.9 * BATCH_SECONDS
    assert bench.end().figures["drained_batches"] >= BUFFERED_BATCHES


def test_undrained_they_would_read_many_times_too_fast(bench: PipelineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PipelineBench, "_drain", lambda _: None)
    assert batch_seconds(bench) < 0.2 * BATCH_SECONDS


def test_a_consumer_of_fixed_speed_waits_for_a_slower_pipeline(bench: PipelineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CONSUMER_SECONDS", 0.5)
    monkeypatch.setattr(loading, "CONSUMER_IMAGES_PER_SECOND", 8 / (BATCH_SECONDS / 2))  # twice the producer's speed
    assert bench.end().figures["consumer_wait_share"] == pytest.approx(0.5, abs=0.2)
