"""End to end: steps fed by their pipeline, beside the loader alone and the step alone, all three in every turn.

A step that is fed competes with its own loader for the cores, and waits for its batches where they come too slowly. The loader alone
and the step alone say which of the two it is, and how much of the one the other hides.
"""

from __future__ import annotations

import math
import time

import msgspec

from harness.frameworks.contract import Framework, Inference, Pipeline, Setup, TrainStep, Work
from harness.record.measurement import LOADER, STEP
from harness.record.outcome import Unsupported
from harness.worker.bench import block, cold_start
from harness.worker.meters.cpu import CpuMeter, wait_until_idle
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.drained import BATCHES_PER_ROUND, IDLE_LIMIT_SECONDS, Drained
from harness.worker.timing.fence import check_fence
from harness.worker.timing.rounds import Window, windows_of
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import warm_up
from harness.worker.work import build

TOGETHER = "together"
REFILL_BATCHES = 3  # per thread: in so many steps a loader twice as fast as the step fills its buffers
ROUND_SECONDS = 1.0  # a round has fewer batches than a loader's own where they would take longer
BURST_LIMIT_SECONDS = 60.0  # a round is whole bursts, and a turn has some of them


class FedStep:
    """The work on a new batch in each step: loading, the copy to the device, the step itself."""

    def __init__(self, pipeline: Pipeline, work: TrainStep | Inference) -> None:
        self._pipeline = pipeline
        self._work = work
        self.waiting_seconds = 0.0  # for the pipeline, in all steps so far

    def step(self) -> None:
        start = time.perf_counter()
        self._pipeline.step()
        self.waiting_seconds += time.perf_counter() - start
        self._work.load(self._pipeline.batch())
        self._work.step()

    def fence(self) -> None:
        self._work.fence()

    def read_back(self) -> float:
        return self._work.read_back()

    def close(self) -> None:
        self._pipeline.close()  # first: with the work Keras forgets the functions that a pipeline calls
        self._work.close()


class Bench:
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._fed: FedStep | None = None
        self._waiting_seconds = 0.0
        self._together_seconds = 0.0

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        start = time.perf_counter()
        pipeline, self._work = self._framework.pipeline(self._setup), build(self._framework, self._setup)
        fed = self._fed = FedStep(pipeline, self._work)
        build_seconds = time.perf_counter() - start
        warm = warm_up(fed)
        self._drained = Drained(pipeline, self._setup.threads, self._least_steps(pipeline, warm.steady_step_seconds))
        check_fence(self._work, timed_step(self._work))
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return Begun(cold_start(build_seconds, warm), self._drained.batches_per_round)

    def measure(self, turn: Measure) -> Block:
        start = time.perf_counter()
        ways = [(TOGETHER, self._together), (LOADER, self._loader), (STEP, self._step)]
        first = turn.block % len(ways)
        share = msgspec.structs.replace(turn, seconds=turn.seconds / len(ways), retake_seconds=turn.retake_seconds / len(ways))
        taken = {name: take(share) for name, take in ways[first:] + ways[:first]}
        kept, _ = taken[TOGETHER]
        thrown_away = [each for _, retaken in taken.values() for each in retaken]
        return block(kept, thrown_away, start, references={name: taken[name][0] for name in (LOADER, STEP)})

    def end(self) -> Ended:
        figures = {
            "wait_share": self._waiting_seconds / self._together_seconds,
            "drained_batches": float(self._drained.drained_batches),
        }
        self.close()
        return Ended(figures, readings=(), busy_seconds=0.0)

    def close(self) -> None:
        if self._fed is not None:
            self._fed.close()
            self._fed = None

    def _least_steps(self, pipeline: Pipeline, step_seconds: float) -> int:
        """A round has a batch of each of the loader's threads: they come at about one time. Raises Unsupported for too long a burst."""
        if pipeline.burst * step_seconds > BURST_LIMIT_SECONDS:
            raise Unsupported(
                f"its batches come in bursts of {pipeline.burst}, and so many steps take {pipeline.burst * step_seconds:.0f} s here, over "
                f"{BURST_LIMIT_SECONDS:.0f} s: fewer would show either the wait for a burst or none. Measure it on a faster device"
            )
        return max(self._setup.threads, min(BATCHES_PER_ROUND, math.ceil(ROUND_SECONDS / step_seconds)))

    def _together(self, turn: Measure) -> tuple[list[Window], list[Window]]:
        """The batches that lay ready do not count, nor do the steps in which a faster pipeline makes those ready again."""
        assert self._fed is not None, "measure comes after begin"
        self._drained.drain()
        timed_step(self._fed, max(self._drained.batches_per_round, REFILL_BATCHES * self._setup.threads))
        waited = self._fed.waiting_seconds
        kept, thrown_away = self._windows(self._fed, turn)
        self._waiting_seconds += self._fed.waiting_seconds - waited
        self._together_seconds += sum(each.seconds for each in kept + thrown_away)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return kept, thrown_away

    def _loader(self, turn: Measure) -> tuple[list[Window], list[Window]]:
        return self._drained.windows(turn)

    def _step(self, turn: Measure) -> tuple[list[Window], list[Window]]:
        """On the batch that was loaded last. Nothing of the pipeline runs meanwhile: its buffers are full."""
        wait_until_idle(IDLE_LIMIT_SECONDS)
        taken = self._windows(self._work, turn)
        wait_until_idle(IDLE_LIMIT_SECONDS)
        return taken

    def _windows(self, work: Work, turn: Measure) -> tuple[list[Window], list[Window]]:
        return windows_of(work, self._drained.batches_per_round, turn, CpuMeter())
