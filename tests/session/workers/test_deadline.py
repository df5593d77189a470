"""How long an answer is waited for: by the clock, but for what this process was stopped."""

from __future__ import annotations

import execnet
import psutil
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.session.workers import deadline as module
from harness.session.workers.deadline import Deadline
from harness.session.workers.pool import WorkerPool
from harness.worker.protocol import Describe
from tests.session.conftest import PROJECT

CASE_TIMEOUT_SECONDS = 60.0


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_seconds = 100.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now_seconds)

    def wait(self, deadline: Deadline, seconds: float, longest_seconds: float = 0.5) -> float:
        """That takes so long. What it was given."""
        with deadline.waiting(longest_seconds) as given_seconds:
            self.now_seconds += seconds
        return given_seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_it_is_over_when_its_time_has_passed(clock: Clock) -> None:
    deadline = Deadline(1.2)
    assert [clock.wait(deadline, 0.5), clock.wait(deadline, 0.5)] == [0.5, 0.5]
    assert not deadline.is_over
    assert clock.wait(deadline, 0.2) == pytest.approx(0.2)
    assert deadline.is_over
    assert clock.wait(deadline, 0.0) == 0.0


def test_answers_that_come_at_once_take_their_time_too(clock: Clock) -> None:
    """As those of a worker that tells how far it is, and never ends; what is done with each counts as well."""
    deadline = Deadline(10.0)
    for _ in range(20):
        clock.wait(deadline, 0.3)
        clock.now_seconds += 0.2
    clock.wait(deadline, 0.1)
    assert deadline.is_over


@pytest.mark.parametrize("seconds", [5.0, 3600.0])
def test_what_the_process_was_stopped_does_not_count(clock: Clock, seconds: float) -> None:
    deadline = Deadline(4.0)
    clock.wait(deadline, seconds)
    assert not deadline.is_over
    clock.wait(deadline, 0.5)
    clock.now_seconds += seconds
    clock.wait(deadline, 0.5)
    assert not deadline.is_over


def test_a_worker_answers_when_the_session_goes_on(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are stopped for an hour, as in a container that is paused, while the worker does what it was asked for."""
    monkeypatch.setitem(FRAMEWORKS, "sound", Listing(place=9, title="Sound", module="tests.stand_in.sound", executions={}))
    pool = WorkerPool({"sound": "popen"}, [str(PROJECT)])
    worker = pool.get("sound", frozenset())
    process, receive = psutil.Process(worker.hello.pid), worker._channel.receive

    def stopped(given_seconds: float) -> bytes:
        clock.now_seconds += 3600.0
        process.resume()
        worker._channel.receive = receive
        raise execnet.TimeoutError

    worker._channel.receive = stopped
    process.suspend()
    case = Case(framework="sound", phase="inference", workload=Workload.INFERENCE, style=Style.MATCHED, batch_size=4)
    try:
        told = worker.call(Describe(setup_of(case, Experiment(name="x"), model=find(DEFAULT))), CASE_TIMEOUT_SECONDS, lambda _: None)
    finally:
        pool.close_all()
    assert told["device"] == "cpu"
