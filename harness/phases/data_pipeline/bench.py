"""Data pipeline: images a second in steady state beside the machine's limit, and what a pipeline costs beyond them."""

from __future__ import annotations

import statistics
import time

from harness.frameworks.contract import Framework, Pipeline, Setup
from harness.phases.data_pipeline.likeness import Likeness
from harness.phases.data_pipeline.phase import CONSUMERS
from harness.record.fairness import Source
from harness.record.measurement import LIMIT
from harness.worker.bench import block, cold_start
from harness.worker.meters import host_memory
from harness.worker.meters.cpu import wait_until_idle
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.beside_limit import BesideLimit
from harness.worker.timing.drained import IDLE_LIMIT_SECONDS, Drained
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import warm_up

RESTARTS = 3
CONSUMER_SECONDS = 1.0  # of each consumer's speed, in windows of a round's batches: the median is told


class Bench:
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._pipeline: Pipeline | None = None
        self._beside: BesideLimit | None = None

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        self._memory_before = host_memory.tree("host_tree_before_anonymous_bytes")
        start = time.perf_counter()
        pipeline = self._pipeline = self._framework.pipeline(self._setup)
        build_seconds = time.perf_counter() - start
        warm = warm_up(pipeline)
        drained = Drained(pipeline, self._setup.threads)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        self._memory = host_memory.tree("host_tree_anonymous_bytes")  # its buffers full
        self._beside = BesideLimit(drained, self._setup)
        return Begun(cold_start(build_seconds, warm), self._beside.batches_per_round)

    def measure(self, turn: Measure) -> Block:
        start = time.perf_counter()
        _, beside = self._begun()
        taken = beside.windows(turn)
        return block(taken.kept, taken.thrown_away, start, references={LIMIT: taken.limit})

    def end(self) -> Ended:
        start = time.perf_counter()
        pipeline, beside = self._begun()
        figures = {"drained_batches": float(beside.drained.drained_batches)}
        missing: dict[str, str] = {}
        figures |= {
            f"accelerator_utilisation_at_{speed}_images_per_second": self._utilisation(pipeline, beside.drained, speed)
            for speed in sorted(CONSUMERS, reverse=True)  # a fast one leaves no full buffers to the next
        }
        figures["restart_seconds"] = statistics.median(_restart_seconds(pipeline) for _ in range(RESTARTS))
        if Source.NORMALISATION in self._setup.neutral:
            likeness = Likeness.of(*pipeline.to_numpy(), self._setup)
            figures |= {"pixel_difference_max": likeness.largest, "pixel_difference_mean": likeness.mean}
        else:
            missing |= dict.fromkeys(("pixel_difference_max", "pixel_difference_mean"), "its images have a range of values of their own")
        self.close()
        return Ended(figures, (self._memory_before, self._memory), busy_seconds=time.perf_counter() - start, missing=missing)

    def close(self) -> None:
        for each in (self._pipeline, self._beside):
            if each is not None:
                each.close()
        self._pipeline = self._beside = None

    def _begun(self) -> tuple[Pipeline, BesideLimit]:
        assert self._pipeline is not None, "measure and end come after begin"
        assert self._beside is not None, "begin ended with an error"
        return self._pipeline, self._beside

    def _utilisation(self, pipeline: Pipeline, drained: Drained, images_per_second: float) -> float:
        """Share of the time in which an accelerator of that speed has a batch to work on, as MLPerf Storage defines it (90 % passes there):

        its own time over all time. The host sleeps through its work; if it wakes late, the accelerator waits. The first step is left out.
        """
        step_seconds = self._setup.case.batch_size / images_per_second
        steps, shares, spent_seconds = drained.batches_per_round, [], 0.0
        while spent_seconds < CONSUMER_SECONDS:
            drained.drain()
            timed_step(pipeline)
            start = time.perf_counter()
            for _ in range(steps):
                timed_step(pipeline)
                time.sleep(step_seconds)
            shares.append(steps * step_seconds / (seconds := time.perf_counter() - start))
            spent_seconds += seconds
        return statistics.median(shares)


def _restart_seconds(pipeline: Pipeline) -> float:
    """To the first batch of a new epoch. The last one has ended: nothing of it is on its way any more."""
    pipeline.stop()
    wait_until_idle(IDLE_LIMIT_SECONDS)
    start = time.perf_counter()
    pipeline.restart()
    return time.perf_counter() - start + timed_step(pipeline)
