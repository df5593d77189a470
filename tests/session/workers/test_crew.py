"""Several ranks that are asked as one: what is told of one that fails, and that none of them outlives it."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from msgspec.structs import replace

from harness.record.case import Precision
from harness.record.outcome import Outcome
from harness.session.workers import crew as crew_module
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker
from harness.worker.protocol import Describe, Ended, Join, Offer, Request
from tests.session.workers.crews import (
    DESCRIBE,
    SECONDS,
    SETUP,
    TRACE,
    call,
    failure_of,
    left_behind,
    list_stand_ins,
    run,
    taken_at_join,
    workers,
)
from tests.stand_in.ranked import BYTES

pytestmark = pytest.mark.slow

SHORT_SECONDS = 2.0  # of who waits in vain
ENGINES_SECONDS = 5.0  # to meet, on a busy machine, and then of who waits in vain
UNSUPPORTED = Describe(replace(SETUP, case=replace(SETUP.case, precision=Precision.TF32)))

CrewOf = Callable[..., Crew]


@pytest.fixture
def crew_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[CrewOf]:
    """Makes crews, each of whose workers is gone at the end whatever has become of it."""
    list_stand_ins(monkeypatch)
    made: list[Crew] = []

    def make(ranks: int, faults: dict[int, str] | None = None) -> Crew:
        made.append(Crew(workers(ranks, faults)))
        return made[-1]

    yield make
    for each in made:
        was_alive = each.alive
        each.close()
        assert left_behind(each) == [], f"alive before: {was_alive}"


@pytest.mark.parametrize("ranks", [2, 3])
def test_a_whole_case_of_all_ranks_together(crew_of: CrewOf, ranks: int) -> None:
    _, trace, begun, block, ended, _ = run(crew_of(ranks))
    assert len(trace.losses) == 3
    assert trace.ranks_apart == 0.0
    assert begun.steps_per_round >= 1
    own = {f"step without exchange of rank {number}" for number in range(1, ranks)}
    assert own < block.references.keys()
    assert isinstance(ended, Ended)
    assert ended.figures["exchanged_bytes"] == BYTES
    assert sum("host_anonymous_bytes" in reading.name for reading in ended.readings) == ranks


@pytest.mark.parametrize(
    ("rank", "fault", "outcome", "told"),
    [
        (0, "killed@join", Outcome.CRASHED, "the worker's process died (SIGKILL)"),
        (1, "killed@gradient_norms", Outcome.CRASHED, "the worker's process died (SIGKILL)"),
        (0, "aborts@12", Outcome.CRASHED, "the worker's process died (SIGABRT)"),
        (1, "exits@30", Outcome.CRASHED, "the worker's process died ("),
        (1, "memory@20", Outcome.OUT_OF_MEMORY, "MemoryError: no memory is left"),
        (0, "memory@join", Outcome.OUT_OF_MEMORY, "MemoryError: no memory is left"),
        (1, "raises@end", Outcome.ERROR, "ValueError: the measured code is broken"),
        (1, "raises@join", Outcome.ERROR, "the ranks have not met by the engine at 127.0.0.1:"),
    ],
)
def test_a_fault_of_one_rank_ends_all_and_names_it(crew_of: CrewOf, rank: int, fault: str, outcome: Outcome, told: str) -> None:
    crew = crew_of(2, {rank: fault})
    failed = failure_of(lambda: run(crew))
    assert failed.outcome is outcome
    assert failed.detail.startswith(f"rank {rank} of 2: {told}")
    assert not crew.alive
    assert left_behind(crew) == []


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_is_stopped_is_named_within_the_deadline(crew_of: CrewOf, rank: int) -> None:
    crew = crew_of(2, {rank: "stopped@5"})
    crew.meet(SETUP, SECONDS)
    failed = failure_of(lambda: call(crew, TRACE, SHORT_SECONDS))
    assert failed.outcome is Outcome.TIMEOUT
    who = f"rank {rank} of 2 is stopped (SIGSTOP, or a debugger)"
    assert failed.detail == f"no answer within {SHORT_SECONDS:g} s (--case-timeout); {who}: all ranks were killed"
    assert left_behind(crew) == []


def test_a_rank_that_hangs_ends_all_within_the_deadline(crew_of: CrewOf) -> None:
    """The other one waits for it, and is as silent."""
    crew = crew_of(2, {1: "hangs@5"})
    crew.meet(SETUP, SECONDS)
    failed = failure_of(lambda: call(crew, TRACE, SHORT_SECONDS))
    assert failed.outcome is Outcome.TIMEOUT
    assert "rank 0 of 2 and rank 1 of 2 are silent: all ranks were killed" in failed.detail


def test_an_engine_that_gives_up_first_does_not_hide_who_was_stopped(crew_of: CrewOf) -> None:
    crew = crew_of(2, {1: "stopped@gradient_norms"})
    crew.meet(SETUP, ENGINES_SECONDS)
    failed = failure_of(lambda: call(crew, TRACE, SECONDS))
    assert failed.outcome is Outcome.TIMEOUT
    assert failed.detail.startswith("rank 1 of 2 is stopped (SIGSTOP, or a debugger). rank 0 of 2: TimeoutError")


@pytest.mark.parametrize("rank", [0, 2])
def test_a_request_to_a_rank_that_is_dead_already(crew_of: CrewOf, rank: int) -> None:
    crew = crew_of(3)
    crew.meet(SETUP, SECONDS)
    os.kill(crew._workers[rank].hello.pid, signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while crew.runs and time.monotonic() < deadline:
        time.sleep(0.01)
    failed = failure_of(lambda: call(crew, DESCRIBE))
    assert failed.outcome is Outcome.CRASHED
    assert failed.detail.startswith(f"rank {rank} of 3: the worker's process died (SIGKILL)")
    assert not any(worker.alive for worker in crew._workers)
    assert failure_of(lambda: call(crew, DESCRIBE)).outcome is Outcome.CRASHED, "who asks again is told as well"


def test_the_last_words_of_a_rank_are_told(crew_of: CrewOf) -> None:
    failed = failure_of(lambda: run(crew_of(2, {1: "words@join"})))
    assert failed.outcome is Outcome.CRASHED
    assert failed.detail.splitlines()[0] == "rank 1 of 2: the worker's process died (SIGABRT); its last words:"
    assert failed.detail.splitlines()[-1] == "terminate called without an active exception"


def test_what_no_rank_can_do_is_told_of_the_side(crew_of: CrewOf) -> None:
    crew = crew_of(2)
    crew.meet(SETUP, SECONDS)
    failed = failure_of(lambda: call(crew, UNSUPPORTED))
    assert failed.outcome is Outcome.UNSUPPORTED
    assert failed.detail == "the stand-in has no tf32"
    assert not any(worker.alive for worker in crew._workers), "what one of them has begun nobody could go on with"


def test_what_one_rank_cannot_do_names_it(crew_of: CrewOf) -> None:
    crew = crew_of(2)
    crew.meet(SETUP, SECONDS)
    for worker, request in zip(crew._workers, (DESCRIBE, UNSUPPORTED), strict=True):
        worker.send(request)
    failed = failure_of(lambda: crew.answer(DESCRIBE, SECONDS, lambda _: None))
    assert failed.outcome is Outcome.UNSUPPORTED
    assert failed.detail == "rank 1 of 2: the stand-in has no tf32"


def test_a_crew_of_one_is_told_as_a_worker_is(crew_of: CrewOf) -> None:
    assert failure_of(lambda: call(crew_of(1), UNSUPPORTED)).detail == "the stand-in has no tf32"
    crew = crew_of(1)
    os.kill(crew.hello.pid, signal.SIGSTOP)
    assert failure_of(lambda: call(crew, DESCRIBE, 1.0)).detail == "no answer within 1 s (--case-timeout); the worker was killed"


@pytest.mark.parametrize("request_", [Offer(SETUP), DESCRIBE], ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("broken", ["listen", "send"])
def test_what_breaks_an_exchange_off_leaves_no_rank(
    crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch, request_: Request, broken: str
) -> None:
    """Ctrl-C, or pytest-timeout, wherever it is: the last of the ranks has been asked for nothing yet, or has answered nothing."""
    crew = crew_of(3)
    asked = crew._workers[1]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    if not isinstance(request_, Offer):
        crew.meet(SETUP, SECONDS)
    monkeypatch.setattr(asked, broken, interrupted)
    with pytest.raises(KeyboardInterrupt):
        crew.meet(SETUP, SECONDS) if isinstance(request_, Offer) else call(crew, request_)
    assert not any(worker.alive for worker in crew._workers)
    assert left_behind(crew) == []


def test_one_that_cannot_be_ended_keeps_no_other_alive(crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = crew_of(3)
    kill = crew._workers[1].kill

    def interrupted() -> None:
        monkeypatch.setattr(crew._workers[1], "kill", kill)
        raise KeyboardInterrupt

    monkeypatch.setattr(crew._workers[1], "kill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        crew.kill()
    assert [worker.alive for worker in crew._workers] == [False, True, False]


def test_who_waits_is_told_now_and_then_and_of_the_first_rank_alone(crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "LOOK_SECONDS", 0.05)
    times: list[float] = []
    crew = Crew(crew_of(2)._workers, lambda: times.append(time.monotonic()))
    crew.meet(SETUP, SECONDS)
    os.kill(crew._workers[1].hello.pid, signal.SIGSTOP)
    failure_of(lambda: call(crew, DESCRIBE, 1.0))
    assert len(times) >= 5


@pytest.mark.parametrize("rank", [0, 1])
def test_a_port_that_somebody_has_taken_is_named(crew_of: CrewOf, rank: int) -> None:
    crew = crew_of(2)
    with taken_at_join(crew._workers[rank]) as ports:
        failed = failure_of(lambda: crew.meet(SETUP, SECONDS))
    (port,) = ports
    assert failed.outcome is Outcome.ERROR
    assert failed.detail.startswith(f"rank {rank} of 2: port {port} of {socket.gethostname()}, which the engine was to listen at, is taken")


def at_join(monkeypatch: pytest.MonkeyPatch, worker: Worker, does: Callable[[Join], Request]) -> None:
    """What is done when that rank is to join, and what it is sent then."""
    send = worker.send
    monkeypatch.setattr(worker, "send", lambda request: send(does(request) if isinstance(request, Join) else request))


def test_strangers_at_the_line_keep_nobody_waiting(crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing, one that says something else, and one that is gone again: all before the rank itself comes."""
    crew, strangers = crew_of(2), list[socket.socket]()

    def strangers_come(request: Join) -> Request:
        host, _, port = request.lead.rpartition(":")
        deadline = time.monotonic() + SECONDS
        while len(strangers) < 3 and time.monotonic() < deadline:
            try:
                strangers.append(socket.create_connection((host, int(port))))
            except OSError:  # the first rank does not listen yet
                time.sleep(0.01)
        strangers[1].sendall(b"GET / HTTP/1.1\r\n\r\n")
        strangers[2].close()
        return request

    at_join(monkeypatch, crew._workers[1], strangers_come)
    started = time.monotonic()
    crew.meet(SETUP, SECONDS)
    assert len(strangers) == 3
    assert len(call(crew, TRACE).losses) == 3
    assert time.monotonic() - started < SECONDS / 2
    for each in strangers:
        each.close()


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_comes_late_is_waited_for(crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    crew = crew_of(2)
    process = psutil.Process(crew._workers[rank].hello.pid)
    later = threading.Timer(1.0, process.resume)

    def held_up(request: Join) -> Request:
        process.suspend()
        later.start()
        return request

    at_join(monkeypatch, crew._workers[rank], held_up)
    crew.meet(SETUP, SECONDS)
    assert later.finished.is_set()
    assert len(call(crew, TRACE).losses) == 3


def test_a_rank_that_never_comes_is_missed_by_the_first(crew_of: CrewOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one's own deadline is the same: it may be over before pytest's."""
    crew = crew_of(3)
    for number in (0, 1):
        at_join(monkeypatch, crew._workers[number], lambda request: replace(request, rank=replace(request.rank, timeout_seconds=1.0)))
    at_join(monkeypatch, crew._workers[2], lambda request: replace(request, lead="127.0.0.1:1"))  # where nobody listens
    failed = failure_of(lambda: crew.meet(SETUP, SECONDS))
    assert failed.outcome is Outcome.TIMEOUT
    assert failed.detail == "rank 0 of 3: rank 2 has not come to rank 0 within 1 s (--case-timeout)"
