"""A worker that is asked for several things before it has answered the first, and one whose answers nobody waits for any more."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.phases.setups import setup_of
from harness.record.case import Case, Precision, Style, Workload
from harness.record.outcome import Outcome
from harness.session.workers.pool import WorkerPool
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.protocol import Begin, Describe
from tests.session.conftest import PROJECT

CASE = Case(framework="sound", phase="train_step", workload=Workload.FULL, style=Style.MATCHED, batch_size=4, precision=Precision.FP32)
SETUP = setup_of(CASE, Experiment(name="x"), model=find(DEFAULT))
SOUND = Describe(SETUP)
UNSUPPORTED = Describe(replace(SETUP, case=replace(CASE, precision=Precision.TF32)))
BROKEN = Begin(SETUP, "harness.phases.no_such_phase.bench")
SECONDS = 60.0


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    monkeypatch.setitem(FRAMEWORKS, "sound", Listing(place=9, title="Sound", module="tests.stand_in.sound", executions={}))
    pool = WorkerPool({"sound": "popen"}, [str(PROJECT)])
    yield pool
    pool.close_all()


def worker_of(pool: WorkerPool) -> Worker:
    return pool.get("sound", frozenset())


def answer(worker: Worker, request: Describe | Begin) -> object:
    return worker.answer(request, SECONDS, lambda _: None)


def test_answers_come_in_the_order_of_the_requests(pool: WorkerPool) -> None:
    """One that cannot be done costs no other its answer."""
    worker = worker_of(pool)
    requests = (SOUND, UNSUPPORTED, SOUND)
    for request in requests:
        worker.send(request)
    assert not worker.is_idle
    assert answer(worker, SOUND)["device"] == "cpu"  # type: ignore[index]
    with pytest.raises(WorkerFailure) as raised:
        answer(worker, UNSUPPORTED)
    assert raised.value.outcome is Outcome.UNSUPPORTED
    assert not worker.is_idle
    assert answer(worker, SOUND)["device"] == "cpu"  # type: ignore[index]
    assert worker.is_idle
    assert worker_of(pool) is worker


def test_what_was_not_waited_for_answers_nobody_else(pool: WorkerPool) -> None:
    """Whoever left the exchange: the next one has a fresh worker, and the old one is gone."""
    worker = worker_of(pool)
    worker.send(SOUND)
    worker.send(SOUND)
    answer(worker, SOUND)
    fresh = worker_of(pool)
    assert fresh is not worker
    assert fresh.hello.pid != worker.hello.pid
    assert fresh.is_idle
    assert not worker.alive
    assert not psutil.pid_exists(worker.hello.pid) or psutil.Process(worker.hello.pid).status() == psutil.STATUS_ZOMBIE


def test_what_breaks_an_answer_off_ends_the_worker(pool: WorkerPool) -> None:
    worker = worker_of(pool)
    worker.send(SOUND)

    def interrupted(deadline: float) -> bytes:
        raise KeyboardInterrupt

    worker._receive = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        answer(worker, SOUND)
    assert not worker.alive
    assert worker_of(pool) is not worker


def test_a_worker_that_fails_answers_nothing_that_was_asked_behind_it(pool: WorkerPool) -> None:
    worker = worker_of(pool)
    worker.send(BROKEN)
    worker.send(SOUND)
    with pytest.raises(WorkerFailure) as raised:
        answer(worker, BROKEN)
    assert raised.value.outcome is Outcome.ERROR
    assert not worker.alive, "what was measured there has left its state behind"
    with pytest.raises(WorkerFailure) as raised:
        worker.send(SOUND)
    assert raised.value.outcome is Outcome.CRASHED
