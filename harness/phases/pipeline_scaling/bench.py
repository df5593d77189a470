"""Scaling of an input pipeline: images a second by its number of workers, beside the limit with as many threads.

The pipelines of all counts are built once and take turns, so that what drifts meanwhile reaches all alike. One whose turn it is not rests:
its buffers are full.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from harness.frameworks.contract import Framework, Setup
from harness.record.measurement import LIMIT, ColdStart, ScalingPoint
from harness.record.round import Round
from harness.worker.bench import block, cold_start
from harness.worker.meters.cpu import wait_until_idle
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.beside_limit import Beside, BesideLimit
from harness.worker.timing.drained import IDLE_LIMIT_SECONDS, Drained
from harness.worker.timing.rounds import Window, scaled
from harness.worker.timing.warm_up import warm_up


class Crew:
    """So many workers, threads or processes: the pipeline that has them, and the limit with as many threads."""

    def __init__(self, framework: Framework, setup: Setup, workers: int) -> None:
        setup = msgspec.structs.replace(setup, threads=workers)
        self.workers = workers
        self._images_per_batch = setup.case.batch_size
        self._rounds: list[Round] = []
        self._limit_rounds: list[Round] = []
        start = time.perf_counter()
        self._pipeline = framework.pipeline(setup)
        build_seconds = time.perf_counter() - start
        try:
            self.cold_start: ColdStart = cold_start(build_seconds, warm_up(self._pipeline))
            drained = Drained(self._pipeline, workers)
            wait_until_idle(IDLE_LIMIT_SECONDS)
            self._beside = BesideLimit(drained, setup)
        except Exception:
            self._pipeline.close()
            raise

    @property
    def batches_per_round(self) -> int:
        return self._beside.batches_per_round

    def measure(self, turn: Measure) -> Beside:
        taken = self._beside.windows(turn)
        self._rounds.extend(_rounds(taken.kept))
        self._limit_rounds.extend(_rounds(taken.limit))
        return taken

    def point(self) -> ScalingPoint:
        return scaling_point(self.workers, self._images_per_batch * self.batches_per_round, self._rounds, self._limit_rounds)

    def close(self) -> None:
        self._pipeline.close()
        self._beside.close()


class Bench:
    """Its own rounds are those of the most workers; what fewer did stands beside them."""

    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._crews: list[Crew] = []  # the largest last

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        for workers in worker_counts(self._setup.threads):
            self._crews.append(Crew(self._framework, self._setup, workers))
        return Begun(self._crews[-1].cold_start, self._crews[-1].batches_per_round)

    def measure(self, turn: Measure) -> Block:
        """Each count gets its share of the turn. Which of them is first changes from turn to turn."""
        start = time.perf_counter()
        crews = len(self._crews)
        of_each = msgspec.structs.replace(turn, seconds=turn.seconds / crews, retake_seconds=turn.retake_seconds / crews)
        first = turn.block % crews
        taken = {crew: crew.measure(of_each) for crew in (*self._crews[first:], *self._crews[:first])}
        *smaller, largest = self._crews
        references = {LIMIT: taken[largest].limit}
        for crew in smaller:
            # A reference has as many batches a round as the rounds have; with bursts of another length the crew took others.
            scale = largest.batches_per_round / crew.batches_per_round
            references[f"{crew.workers}_workers"] = scaled(taken[crew].kept, scale)
            references[f"{LIMIT}_{crew.workers}_threads"] = scaled(taken[crew].limit, scale)
        thrown_away = [window for each in taken.values() for window in each.thrown_away]
        return block(taken[largest].kept, thrown_away, start, references)

    def end(self) -> Ended:
        start = time.perf_counter()
        points = tuple(crew.point() for crew in self._crews)
        figures = {f"images_per_second_{point.workers}_workers": point.images_per_second for point in points}
        self.close()
        return Ended(figures, (), busy_seconds=time.perf_counter() - start, scaling=points)

    def close(self) -> None:
        while self._crews:
            self._crews.pop().close()


def worker_counts(cores: int) -> list[int]:
    """1, 2, 4, … and all cores."""
    return [*(2**power for power in range(cores.bit_length()) if 2**power < cores), cores]


def scaling_point(workers: int, images_per_round: int, rounds: Sequence[Round], limit_rounds: Sequence[Round]) -> ScalingPoint:
    """Medians of the rounds that were not disturbed; of all, where every one was."""
    return ScalingPoint(
        workers=workers,
        images_per_second=images_per_round / _median(rounds, lambda each: each.seconds),
        limit_images_per_second=images_per_round / _median(limit_rounds, lambda each: each.seconds),
        busy_cores=_median(rounds, lambda each: each.cpu_seconds / each.seconds),
        cpu_seconds_per_image=_median(rounds, lambda each: each.cpu_seconds) / images_per_round,
    )


def _median(rounds: Sequence[Round], value: Callable[[Round], float]) -> float:
    return statistics.median(map(value, [each for each in rounds if each.sound] or rounds))


def _rounds(taken: Iterable[Window]) -> list[Round]:
    return [round_ for each in taken for round_ in each.rounds]
