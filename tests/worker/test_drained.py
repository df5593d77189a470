"""How a pipeline is brought to its steady state: of what lies ready nothing is left, and no more is taken than that needs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker.protocol import Measure
from harness.worker.timing.drained import BATCHES_PER_ROUND, Drained

pytestmark = pytest.mark.paced

BATCH_SECONDS = 0.01
HANDED_OVER_SECONDS = 0.05 * BATCH_SECONDS
TURN = Measure(block=0, seconds=0.0, max_rounds=1, retake_seconds=0.0)


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
    (window,), _ = drained.windows(TURN)
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
    drained.windows(TURN)
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
        drained.windows(TURN)
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
