"""Several ranks of a framework on this machine, each a process forked from here, where nothing has been computed yet."""

from __future__ import annotations

import importlib
import multiprocessing
import socket
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.connection import Connection, wait
from typing import Any

from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Framework, Setup
from harness.frameworks.ranks import Rank
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload

FORKED = multiprocessing.get_context("fork")
TIMEOUT_SECONDS = 900.0

Task = Callable[[Framework, Setup], Any]


def setup(framework: str, model: str, ranks: int, **axes: Any) -> Setup:
    """Of a plain case in float32, where the axes say nothing else; of 8 items where they do not say how many."""
    given: dict[str, Any] = {"style": Style.MATCHED, "execution": Execution.PLAIN, "precision": Precision.FP32, "batch_size": 8}
    given |= {"workload": Workload.FULL} | axes
    found = find(model)
    case = Case(framework=framework, phase="data_parallel", model=found.name, ranks=ranks, **given)
    return replace(setup_of(case, Experiment(name="test", image_size=32, seed=1), model=found), drops_out=False)


def ranked(setup: Setup, task: Task) -> list[Any]:
    """What the task gives on each rank, which has joined the others; a single one, which has the whole batch, joins nobody."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(setup.case.ranks)]
        addresses = tuple(f"127.0.0.1:{each.getsockname()[1]}" for each in sockets)
    pipes = [FORKED.Pipe(duplex=False) for _ in addresses]
    processes = [
        FORKED.Process(target=_run, args=(replace(setup, rank=Rank(number, addresses, TIMEOUT_SECONDS)), task, sending), daemon=True)
        for number, (_, sending) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _, sending in pipes:
        sending.close()
    told: dict[int, Any] = {}
    try:
        while len(told) < len(pipes):
            for receiving in wait([receiving for number, (receiving, _) in enumerate(pipes) if number not in told], TIMEOUT_SECONDS):
                number = next(number for number, pipe in enumerate(pipes) if pipe[0] is receiving)
                worked, told[number] = receiving.recv()  # type: ignore[union-attr]
                assert worked, f"rank {number}: {told[number]}"  # the others may wait for it
    finally:
        for process in processes:
            process.kill()
    return [told[number] for number in range(len(pipes))]


def _run(setup: Setup, task: Task, sending: Connection) -> None:
    """Sends whether it has worked, and what the task gives, or what it has raised."""
    try:
        framework: Framework = importlib.import_module(FRAMEWORKS[setup.case.framework].module)  # type: ignore[assignment]
        framework.open_device(setup)
        if setup.case.ranks > 1:
            assert setup.rank is not None
            framework.join(setup.rank)
        sending.send((True, task(framework, setup if setup.case.ranks > 1 else replace(setup, rank=None))))
    except BaseException:
        sending.send((False, traceback.format_exc()))
