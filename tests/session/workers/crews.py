"""Crews of stand-ins: real processes, whose ranks really meet and wait for each other."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import find
from harness import phases
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.protocol import Begin, Describe, End, Join, Measure, Request, TraceTraining
from tests.session.conftest import PROJECT
from tests.stand_in.ranked import FAULT

NAME = "ranked"
SECONDS = 60.0  # of a busy machine
CASE = Case(
    framework=NAME,
    phase="data_parallel",
    model="mlp",
    workload=Workload.FULL,
    style=Style.MATCHED,
    batch_size=12,
    precision=Precision.FP32,
    execution=Execution.PLAIN,
)
SETUP = setup_of(CASE, Experiment(name="x"), model=find("mlp"))
TRACE, BEGIN, END, DESCRIBE = TraceTraining(SETUP, 3), Begin(SETUP, phases.bench("data_parallel")), End(), Describe(SETUP)
MEASURE = Measure(0, 0.05, 2, 0.0)
WHOLE_CASE: tuple[Request, ...] = (DESCRIBE, TRACE, BEGIN, MEASURE, END, DESCRIBE)


def list_stand_ins(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names or (NAME,):
        monkeypatch.setitem(FRAMEWORKS, name, Listing(place=9, title=name.title(), module=f"tests.stand_in.{name}", executions={}))


def workers(
    ranks: int, faults: dict[int, str] | None = None, import_paths: dict[int, list[str]] | None = None, name: str = NAME
) -> list[Worker]:
    """faults: of each rank, as `ranked` has them. import_paths: of each rank, ahead of the project."""
    started: list[Worker] = []
    try:
        for number in range(ranks):
            spec = f"popen//env:{FAULT}={(faults or {}).get(number, '')}"
            started.append(Worker(name, spec, frozenset(), [*(import_paths or {}).get(number, []), str(PROJECT)]))
    except BaseException:
        for each in started:
            each.close()
        raise
    return started


def call(crew: Crew, request: Request, seconds: float = SECONDS) -> Any:
    return crew.call(request, seconds, lambda _: None)


def run(crew: Crew, requests: Sequence[Request] = WHOLE_CASE, seconds: float = SECONDS) -> list[Any]:
    """The ranks meet, and do all that. Raises WorkerFailure."""
    crew.meet(SETUP, seconds)
    return [call(crew, request, seconds) for request in requests]


def failure_of(does: Callable[[], object]) -> WorkerFailure:
    with pytest.raises(WorkerFailure) as raised:
        does()
    return raised.value


def left_behind(crew: Crew) -> list[str]:
    """Of its workers, whatever ended them: temporary folders, and processes. A worker's number is that of all that it has started."""
    hellos = [worker.hello for worker in crew._workers]
    groups, found = {hello.pid for hello in hellos}, [hello.folder for hello in hellos if Path(hello.folder).exists()]
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) in groups and process.status() != psutil.STATUS_ZOMBIE:
                found.append(str(process))
    return found


@contextmanager
def taken_at_join(worker: Worker) -> Iterator[list[int]]:
    """Somebody listens at the port that the rank's engine was to have, just before it joins. The port, once that is so."""
    send, ports = worker.send, list[int]()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as most servers have it

        def sending(request: Request) -> None:
            if isinstance(request, Join):
                ports.append(int(request.rank.addresses[request.rank.number].rpartition(":")[2]))
                stranger.bind(("127.0.0.1", ports[0]))
                stranger.listen()
            send(request)

        worker.send = sending  # type: ignore[method-assign]
        yield ports
