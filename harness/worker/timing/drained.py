"""An input pipeline in its steady state.

While another side has its turn the prefetch buffers fill up, so a round taken right then would read many times too fast. Each block
therefore first takes batches, untimed, until they have to be waited for, and then a round that does not count. Where a burst is an
epoch that round would take seconds, and is not needed: half an epoch, up to the middle of a burst, is as good.
"""

from __future__ import annotations

import statistics

from harness.frameworks.contract import Pipeline
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.protocol import Measure
from harness.worker.timing.rounds import Window, windows_of
from harness.worker.timing.step import timed_step

BATCHES_PER_ROUND = 16  # at least, and a multiple of the burst
DRAIN_SHARE = 0.5  # of the time in steady state: batches that took this long were waited for
DRAIN_ROUNDS = 2  # of steady time at most, in batches that did not lie ready
READY_SHARE = 0.1  # of the time in steady state at most: a batch that lay ready is handed over in so much
DRAIN_BATCHES = 4096  # at most: a shuffled epoch may lie ready in memory
READY_BATCHES = 8  # per thread, at most, by any strategy's own setting
# A turn ends with full buffers, not with a loader still filling them: AUTOTUNE's grow to a thousand batches, a shuffle buffer of float
# images fills for seconds.
IDLE_LIMIT_SECONDS = 30.0


class Drained:
    """A pipeline that is brought to its steady state before it is timed."""

    def __init__(self, pipeline: Pipeline, threads: int, at_least: int = BATCHES_PER_ROUND) -> None:
        """threads: of the pipeline, or its workers. at_least: batches a round, up to the next multiple of the burst."""
        self._pipeline = pipeline
        self._bursts_are_epochs = pipeline.burst > threads and pipeline.burst >= BATCHES_PER_ROUND  # else one of a batch a worker
        self.batches_per_round = at_least + -at_least % pipeline.burst
        batches = max(self.batches_per_round, BATCHES_PER_ROUND)
        timed_step(pipeline, READY_BATCHES * threads)
        self._steady_seconds = [timed_step(pipeline, batches) / batches]
        self.drained_batches = 0

    def windows(self, turn: Measure) -> tuple[list[Window], list[Window]]:
        """Kept and thrown away. Nothing of the pipeline runs any more on return."""
        meter = CpuMeter()  # now: it looks for children, and meanwhile the buffers would fill up
        self.drain()
        if not self._bursts_are_epochs:
            timed_step(self._pipeline, self.batches_per_round)  # does not count: it has what the stages before the last one still held
        kept, thrown_away = windows_of(self._pipeline, self.batches_per_round, turn, meter)
        self._steady_seconds.append(statistics.median(round_.seconds for each in kept for round_ in each.rounds) / self.batches_per_round)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return kept, thrown_away

    @property
    def _batch_seconds(self) -> float:
        """In steady state: of all blocks so far, as one alone may have begun with batches that lay ready after all."""
        return statistics.median(self._steady_seconds)

    def drain(self) -> None:
        """Takes batches until they have to be waited for. Those that come in bursts are then at the middle of one: a batch is waited for
        once a burst, a little sooner or later, and a round that begins there holds no such wait, or two.
        """
        burst = self._pipeline.burst
        if self._bursts_are_epochs:
            self._take_what_lies_ready(1, burst)
        else:
            self._take_what_lies_ready(self.batches_per_round, self.batches_per_round)
            if burst > 1:
                self._take_until_one_is_waited_for()
        self._take(burst // 2)

    def _take_what_lies_ready(self, at_a_time: int, enough: int) -> None:
        """Until a share of `enough` batches' steady time has been waited. An epoch is waited for at once where a buffer fills, batch by
        batch where none does. A single late batch ends it neither there nor among a round's: the first one after a rest is late by
        itself, and so is one at an epoch's seam.

        The steady time may have been taken while other processes ran: batches that cost twice as much as `enough` never lay ready.
        """
        steady_seconds, late_seconds, waited_seconds = self._batch_seconds, 0.0, 0.0
        for _ in range(0, DRAIN_BATCHES, at_a_time):
            seconds = self._take(at_a_time)
            if seconds > READY_SHARE * at_a_time * steady_seconds:
                waited_seconds += seconds
            if seconds >= DRAIN_SHARE * at_a_time * steady_seconds:
                late_seconds += seconds
            if late_seconds >= DRAIN_SHARE * enough * steady_seconds or waited_seconds >= DRAIN_ROUNDS * enough * steady_seconds:
                break

    def _take_until_one_is_waited_for(self) -> None:
        for _ in range(self._pipeline.burst):
            if self._take(1) >= DRAIN_SHARE * self._batch_seconds:
                break

    def _take(self, batches: int) -> float:
        """Seconds that it took."""
        self.drained_batches += batches
        return timed_step(self._pipeline, batches)
