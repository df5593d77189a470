"""The scaling of a pipeline is its workers': whatever waits in buffers, in whatever order the counts have their turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import Full, Queue
from typing import Any

import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.pipeline_scaling.bench import Bench, scaling_point, worker_counts
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.round import Round
from harness.worker.protocol import Measure
from harness.worker.timing.limit import Limit
from tests.stand_in.framework import StandIn

pytestmark = pytest.mark.paced

BATCH_SIZE = 8
BATCH_SECONDS = 0.03  # of one worker, and of the limit's one thread
ONE_WORKER = BATCH_SIZE / BATCH_SECONDS  # images/s


class Producers:
    """So many threads, each of fixed speed, behind a buffer that holds a round of theirs."""

    def __init__(self, threads: int, burst: int, taken: list[int]) -> None:
        self.burst = burst
        self._threads = threads
        self._taken = taken
        self._closed = threading.Event()
        self._buffer: Queue[int] = Queue(16)
        for _ in range(threads):
            threading.Thread(target=self._produce, daemon=True).start()

    def _produce(self) -> None:
        while not self._closed.wait(BATCH_SECONDS):
            while not self._closed.is_set():
                try:
                    self._buffer.put(0, timeout=0.1)
                except Full:
                    continue
                break

    def step(self) -> None:
        self._buffer.get()
        self._taken.append(self._threads)

    def fence(self) -> None:
        pass

    def close(self) -> None:
        self._closed.set()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()


class ProducersFramework(StandIn):
    def __init__(self, bursts: dict[int, int]) -> None:
        super().__init__()
        self.pipelines: list[Producers] = []
        self.taken: list[int] = []  # of each batch, how many threads its pipeline has
        self._bursts = bursts

    def pipeline(self, setup: Setup) -> Any:
        self.pipelines.append(Producers(setup.threads, self._bursts.get(setup.threads, 1), self.taken))
        return self.pipelines[-1]


class SleepingLimit(Limit):
    def __init__(self, setup: Setup) -> None:
        self._batch_size = BATCH_SIZE
        self._readers = []
        self._seconds = BATCH_SECONDS / setup.threads

    def step(self) -> None:
        time.sleep(self._seconds)

    def fence(self) -> None:
        pass

    def close(self) -> None:
        pass


def setup(threads: int) -> Setup:
    case = Case(framework="producers", phase="pipeline_scaling", workload=Workload.LOADING, style=Style.MATCHED, batch_size=BATCH_SIZE)
    return setup_of(case, Experiment(name="x"), model=find(DEFAULT), threads=threads)


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.worker.timing.beside_limit.Limit", SleepingLimit)


@pytest.fixture
def framework() -> Iterator[ProducersFramework]:
    framework = ProducersFramework({3: 3})
    yield framework
    for each in framework.pipelines:
        each.close()


def turn(block: int) -> Measure:
    return Measure(block=block, seconds=0.0, max_rounds=1, retake_seconds=0.0)


def test_powers_of_two_and_all_cores() -> None:
    assert [worker_counts(cores) for cores in (1, 2, 3, 12, 16)] == [[1], [1, 2], [1, 2, 3], [1, 2, 4, 8, 12], [1, 2, 4, 8, 16]]


def test_each_count_is_as_fast_as_its_workers(framework: ProducersFramework) -> None:
    """Though every pipeline has its buffer full when its turn comes."""
    bench = Bench(framework, setup(4))
    bench.begin()
    for block in range(3):
        bench.measure(turn(block))
    ended = bench.end()
    assert [point.workers for point in ended.scaling] == [1, 2, 4]
    for point in ended.scaling:
        assert 0.6 < point.images_per_second / (point.workers * ONE_WORKER) < 1.1  # a sleep may be longer, not shorter
        assert 0.6 < point.limit_images_per_second / (point.workers * ONE_WORKER) < 1.1
        assert ended.figures[f"images_per_second_{point.workers}_workers"] == point.images_per_second
    assert all(each.closed for each in framework.pipelines)


def test_the_rounds_are_those_of_all_cores_and_the_others_stand_beside_them(framework: ProducersFramework) -> None:
    """Whatever the bursts are: three workers have rounds of 18 batches, one and two have 16, and all are told in 18."""
    bench = Bench(framework, setup(3))
    begun = bench.begin()
    assert begun.steps_per_round == 18
    block = bench.measure(turn(0))
    points = bench.end().scaling
    beside = block.references
    pipelines = (beside["1_workers"], beside["2_workers"], block.rounds)
    limits = (beside["limit_1_threads"], beside["limit_2_threads"], beside["limit"])
    assert len(beside) == 5
    for point, (round_,), (limit_round,) in zip(points, pipelines, limits, strict=True):
        assert 18 * BATCH_SIZE / round_.seconds == pytest.approx(point.images_per_second)
        assert 18 * BATCH_SIZE / limit_round.seconds == pytest.approx(point.limit_images_per_second)
        assert round_.cpu_seconds / round_.seconds == pytest.approx(point.busy_cores)


def test_another_count_is_first_in_each_turn(framework: ProducersFramework) -> None:
    bench = Bench(framework, setup(2))
    bench.begin()
    firsts = []
    for block in range(3):
        framework.taken.clear()
        bench.measure(turn(block))
        firsts.append(framework.taken[0])
    bench.close()
    assert firsts == [1, 2, 1]


def test_a_pipeline_that_fails_leaves_none_open(framework: ProducersFramework, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(SleepingLimit):
        def __init__(self, setup: Setup) -> None:
            super().__init__(setup)
            if setup.threads == 2:
                raise MemoryError

    monkeypatch.setattr("harness.worker.timing.beside_limit.Limit", Failing)
    bench = Bench(framework, setup(2))
    with pytest.raises(MemoryError):
        bench.begin()
    bench.close()
    assert [each.closed for each in framework.pipelines] == [True, True]


def test_a_point_is_of_the_rounds_that_were_not_disturbed() -> None:
    rounds = [Round(2.0, 3.0, 0.0, 0), Round(2.0, 3.0, 0.0, 1), *[Round(9.0, 9.0, 0.5, block) for block in range(2, 6)]]
    point = scaling_point(2, 100, rounds, [Round(1.0, 2.0, 0.0, 0), Round(4.0, 2.0, 0.5, 1)])
    assert (point.images_per_second, point.limit_images_per_second) == (50.0, 100.0)
    assert (point.busy_cores, point.cpu_seconds_per_image) == (1.5, 0.03)
    assert scaling_point(2, 90, rounds[2:], rounds[2:]).images_per_second == 10.0
