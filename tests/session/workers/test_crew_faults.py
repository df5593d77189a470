"""Fifty random faults of crews, one after the other: each ends as its typed outcome within its deadline, and leaves nothing.

The workers are real, and so is what happens to them: a rank is killed, stopped, or out of memory at any moment, finds its port taken, or
runs another commit or has other inputs.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import msgspec
import psutil
import pytest
from msgspec.structs import replace

from harness.record.outcome import Outcome
from harness.session.workers.crew import GRACE_SECONDS, Crew
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.identity import PACKAGES
from harness.worker.meters.control_groups import folders
from harness.worker.protocol import Offer, Request
from tests.session.conftest import PROJECT
from tests.session.workers.crews import (
    BEGIN,
    DESCRIBE,
    END,
    MEASURE,
    SECONDS,
    SETUP,
    TRACE,
    call,
    left_behind,
    list_stand_ins,
    taken_at_join,
    workers,
)

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("CREW_FAULTS_SEED", "20261130"))
FAULTS = 50
RANKS = (2, 2, 2, 3, 3, 4)  # a process for each costs most of the time
PATIENCE_SECONDS = 2.0  # --case-timeout, once a rank is stopped
LATEST_SECONDS = 0.1  # from the beginning of a moment to the fault
ENDING_SECONDS = 15.0  # to kill all ranks, on a busy machine, and to see that they are gone
MOMENTS: dict[str, Request | None] = {
    "before they meet": None,
    "while they meet": None,
    "in a trace": TRACE,
    "in warm-up": BEGIN,
    "in a block": MEASURE,
    "at the end": END,
    "at rest": DESCRIBE,
}
SIGNALS = {"killed": signal.SIGKILL, "aborts": signal.SIGABRT, "stopped": signal.SIGSTOP}
AT_MEETING = {"port taken", "another commit", "other weights"}
KINDS = ("killed", "killed", "aborts", "stopped", "memory", "memory", "raises", *sorted(AT_MEETING))
OUTCOMES = {
    "killed": Outcome.CRASHED,
    "aborts": Outcome.CRASHED,
    "stopped": Outcome.TIMEOUT,
    "memory": Outcome.OUT_OF_MEMORY,
    "raises": Outcome.ERROR,
    "port taken": Outcome.ERROR,
    "another commit": Outcome.UNEQUAL_WORK,
    "other weights": Outcome.UNEQUAL_WORK,
}
MOST_CALLS = 12  # of a rank, before the first block is over: a fault that counts them comes in time


class Fault(msgspec.Struct, frozen=True):
    number: int
    ranks: int
    rank: int
    kind: str
    moment: str  # of a signal
    seconds: float  # from the moment's beginning on
    calls: int  # of what a rank does to itself: at which of its calls

    @property
    def told(self) -> str:
        """How the outcome's detail names the rank."""
        if self.kind in ("another commit", "other weights"):
            return f"rank {self.rank or 1} ({socket.gethostname()})"
        return f"rank {self.rank} of {self.ranks}"


def drawn(number: int, chance: random.Random) -> Fault:
    ranks = chance.choice(RANKS)
    kind = KINDS[number % len(KINDS)]
    # A first rank of another commit would be told of the second one, which is the other's.
    rank = chance.randrange(1 if kind in ("another commit", "other weights") else 0, ranks)
    moment = chance.choice([*MOMENTS])
    return Fault(number, ranks, rank, kind, moment, chance.uniform(0.0, LATEST_SECONDS), chance.randint(1, MOST_CALLS))


@pytest.fixture(scope="module")
def commit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another one of the suite."""
    folder = tmp_path_factory.mktemp("commit")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "harness" / "worker" / "work.py").open("a") as file:
        file.write("# another one\n")
    return str(folder)


def started(fault: Fault, commit: str) -> Crew:
    own = {fault.rank: f"{fault.kind}@{fault.calls}"} if fault.kind in ("memory", "raises") else None
    return Crew(workers(fault.ranks, own, {fault.rank: [commit]} if fault.kind == "another commit" else None))


@contextmanager
def other_weights(worker: Worker) -> Iterator[None]:
    """That machine has other ones in the same place."""
    send = worker.send

    def sending(request: Request) -> None:
        send(replace(request, setup=replace(request.setup, weights=__file__)) if isinstance(request, Offer) else request)

    worker.send = sending  # type: ignore[method-assign]
    yield


def strike(fault: Fault, worker: Worker) -> threading.Timer | None:
    """Has its signal come a moment later."""
    if fault.kind not in SIGNALS:
        return None
    timer = threading.Timer(fault.seconds, lambda: os.kill(worker.hello.pid, SIGNALS[fault.kind]))
    timer.start()
    return timer


def suffer(fault: Fault, crew: Crew) -> tuple[WorkerFailure, float]:
    """What it ends as, and the seconds from the fault, or from the beginning of the request that it came in, to the end."""
    worker, seconds, timer = crew._workers[fault.rank], SECONDS, None
    began = time.monotonic()
    with ExitStack() as places:
        if fault.kind == "port taken":
            places.enter_context(taken_at_join(worker))
        if fault.kind == "other weights":
            places.enter_context(other_weights(worker))
        try:
            for moment, request in (*MOMENTS.items(), ("after all", DESCRIBE), ("and again", DESCRIBE)):
                began = time.monotonic()
                if moment == fault.moment:
                    timer = strike(fault, worker)
                    seconds = PATIENCE_SECONDS if fault.kind == "stopped" else SECONDS
                if moment == "while they meet":
                    crew.meet(SETUP, seconds)
                elif request is not None:
                    call(crew, request, seconds)
                if timer is not None:
                    timer.join()  # where the moment was shorter than that, the fault comes before the next one
        except WorkerFailure as failure:
            return failure, time.monotonic() - began
        finally:
            if timer is not None:
                timer.join()
    raise AssertionError(f"nothing has failed: {fault}")


def connections() -> list[object]:
    return list(psutil.Process().net_connections("all"))


def test_each_of_fifty_random_faults_is_its_typed_outcome_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, commit: str) -> None:
    list_stand_ins(monkeypatch)
    chance = random.Random(SEED)
    faults = [drawn(number, chance) for number in range(FAULTS)]
    open_before, files_before = len(connections()), psutil.Process().num_fds()
    children_before = set(psutil.Process().children(recursive=True))
    with ThreadPoolExecutor(1) as thread:  # a crew starts while the one before it suffers
        crews: list[Future[Crew]] = [thread.submit(started, faults[0], commit)]
        for fault in faults:
            crew = crews.pop().result()
            if fault.number + 1 < FAULTS:
                crews.append(thread.submit(started, faults[fault.number + 1], commit))
            where = f"CREW_FAULTS_SEED={SEED}: {fault}"
            try:
                failure, took_seconds = suffer(fault, crew)
                assert (failure.outcome, fault.told in failure.detail) == (OUTCOMES[fault.kind], True), f"{where}: {failure}"
                allowed = PATIENCE_SECONDS + GRACE_SECONDS + ENDING_SECONDS
                assert took_seconds < allowed, f"{where}: {took_seconds:.1f} s"
                assert not any(worker.alive for worker in crew._workers), where
                assert left_behind(crew) == [], where
            except BaseException:
                for each in (crew, *(later.result() for later in crews)):
                    each.close()
                raise
    assert [each for each in psutil.Process().children(recursive=True) if each not in children_before] == []
    assert len(connections()) == open_before
    assert psutil.Process().num_fds() == files_before


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_the_kernel_kills_for_want_of_memory(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    """In a memory group of its own: the other one only sees that its connection is gone."""
    group = next((folder for folder in folders("memory") if (folder / "memory.limit_in_bytes").exists()), None)
    if group is None or not os.access(group, os.W_OK):
        pytest.skip("no memory group of the first version that can be written")
    list_stand_ins(monkeypatch)
    crew = Crew(workers(2, {rank: "oom@6"}))
    own = group / f"flowers-test-{crew._workers[rank].hello.pid}"
    fault = Fault(0, 2, rank, "memory", "", 0.0, 6)
    try:
        failure, _ = suffer(fault, crew)
        assert failure.outcome is Outcome.OUT_OF_MEMORY
        assert failure.detail.startswith(f"{fault.told}: the kernel killed a process for want of memory")
        assert left_behind(crew) == []
    finally:
        crew.close()
        if own.is_dir():
            own.rmdir()
