"""A worker that is asked for several things before it has answered the first, and one whose answers nobody waits for any more."""

from __future__ import annotations

import os
import signal
import time
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
from harness.session.workers import worker as worker_module
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
    names = ("sound", "other")
    for name in names:
        monkeypatch.setitem(FRAMEWORKS, name, Listing(place=9, title=name, module="tests.stand_in.sound", executions={}))
    pool = WorkerPool(dict.fromkeys(names, "popen"), [str(PROJECT)])
    yield pool
    pool.close_all()


def worker_of(pool: WorkerPool, framework: str = "sound") -> Worker:
    return pool.get(framework, frozenset())


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

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    worker._listen = interrupted  # type: ignore[method-assign]
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


@pytest.mark.parametrize(
    ("dies", "is_noticed_first", "outcome"),
    [(False, False, Outcome.OUT_OF_MEMORY), (True, False, Outcome.ERROR), (True, True, Outcome.ERROR)],
)
def test_whom_the_kernel_killed_for_want_of_memory(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, dies: bool, is_noticed_first: bool, outcome: Outcome
) -> None:
    """The other worker, at work at the same time, where that is found dead; else a process of this one, which knows only that it failed."""
    kills = 5
    monkeypatch.setattr(worker_module, "oom_kills", lambda: kills)
    one, other = worker_of(pool), worker_of(pool, "other")
    one.send(BROKEN)
    kills += 1
    if dies:
        os.kill(other.hello.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(other.hello.pid)], timeout=SECONDS)
    if is_noticed_first:
        with pytest.raises(WorkerFailure) as raised:
            other.call(SOUND, SECONDS, lambda _: None)
        assert raised.value.outcome is Outcome.OUT_OF_MEMORY
    with pytest.raises(WorkerFailure) as raised:
        answer(one, BROKEN)
    assert raised.value.outcome is outcome


def test_what_the_kernel_killed_before_it_was_asked_is_not_its_own(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    kills = 5
    monkeypatch.setattr(worker_module, "oom_kills", lambda: kills)
    worker = worker_of(pool)
    kills += 1
    with pytest.raises(WorkerFailure) as raised:
        worker.call(BROKEN, SECONDS, lambda _: None)
    assert raised.value.outcome is Outcome.ERROR


def test_who_waits_for_an_answer_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LIVENESS_SECONDS", 0.05)
    monkeypatch.setitem(FRAMEWORKS, "hanging", Listing(place=9, title="Hanging", module="tests.stand_in.hanging", executions={}))
    times: list[float] = []
    pool = WorkerPool({"hanging": "popen"}, [str(PROJECT)], lambda: times.append(time.monotonic()))
    worker = worker_of(pool, "hanging")
    with pytest.raises(WorkerFailure) as raised:
        worker.call(Begin(SETUP, "harness.phases.train_step.bench"), 1.0, lambda _: None)
    assert raised.value.outcome is Outcome.TIMEOUT
    assert len(times) >= 5
    pool.close_all()
