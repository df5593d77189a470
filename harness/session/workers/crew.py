"""A crew: the ranks of one side, a worker each, that are asked as one.

A request goes to all of them, and each answers. One that fails, dies or hangs ends them all: the others would wait for it for ever.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from harness.record.outcome import Outcome
from harness.session.inputs import Inputs
from harness.session.workers.deadline import Deadline
from harness.session.workers.meeting import addresses, expect_one_suite
from harness.session.workers.merging import merged
from harness.session.workers.worker import Report, Worker, WorkerFailure, late
from harness.worker.protocol import Hello, Join, Offer, Offered, Progress, Request

LOOK_SECONDS = 0.2  # at the first rank, whose answer comes last, before the others are looked at
GRACE_SECONDS = 2.0  # for the others to say why, once one has failed: who lost a connection is not who broke it
CONSEQUENCES = (Outcome.ERROR, Outcome.TIMEOUT)  # what a rank may end with because another one has failed


class Crew:
    """As a `Worker` is used: `call` until it raises WorkerFailure."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        """workers: fresh ones, by rank, that have met nobody yet. `meet` is next."""
        self._workers = list(workers)
        self._inputs: list[Inputs] = []  # of each, once they have met

    @property
    def framework(self) -> str:
        return self._workers[0].framework

    @property
    def hello(self) -> Hello:
        """Of the first rank."""
        return self._workers[0].hello

    @property
    def alive(self) -> bool:
        return all(worker.alive for worker in self._workers)

    @property
    def runs(self) -> bool:
        return all(worker.runs for worker in self._workers)

    @property
    def is_idle(self) -> bool:
        return all(worker.is_idle for worker in self._workers)

    def meet(self, setup: Setup, inputs: Sequence[Inputs], timeout_seconds: float) -> None:
        """Has the ranks find each other, for work with those settings. Raises WorkerFailure, after which the crew is dead.

        setup: the first one's, and of every request that comes after. inputs: of each rank, where it runs.
        """
        self._inputs = list(inputs)
        self.send(Offer())
        offers: list[Offered] = self._answers(Offer, timeout_seconds, _tell_nobody)
        try:
            expect_one_suite(offers)
            hosts = addresses(offers)
        except WorkerFailure:
            self.kill()
            raise
        engines = tuple(f"{host}:{offer.engine_port}" for host, offer in zip(hosts, offers, strict=True))
        lead = f"{hosts[0]}:{offers[0].line_port}"
        ranks = [Rank(number, engines, timeout_seconds) for number in range(len(self._workers))]
        for rank, worker in zip(ranks, self._workers, strict=True):
            worker.send(self._own(rank.number, Join(setup, rank, lead, offers[0].key, self._beside(worker))))
        self._answers(Join, timeout_seconds, _tell_nobody)

    def call(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        self.send(request)
        return self.answer(request, timeout_seconds, report)

    def send(self, request: Request) -> None:
        for number, worker in enumerate(self._workers):
            worker.send(self._own(number, request))

    def answer(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        """That of all ranks together. Raises WorkerFailure, which names the rank."""
        return merged(self._answers(type(request), timeout_seconds, report))

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def kill(self) -> None:
        for worker in self._workers:
            if worker.alive:
                worker.kill()

    def _answers(self, kind: type[Request], timeout_seconds: float, report: Report) -> list[Any]:
        """By rank. The first one's progress is reported. Raises WorkerFailure, after which the crew is dead."""
        deadline = Deadline(timeout_seconds)
        answers: dict[int, Any] = {}
        try:
            while len(answers) < len(self._workers):
                with deadline.waiting(LOOK_SECONDS) as given_seconds:
                    self._listen(kind, given_seconds, report, answers)
                if deadline.is_over and len(answers) < len(self._workers):
                    raise late(timeout_seconds, self._silent(answers))
        except BaseException:
            self.kill()
            raise
        return [answers[number] for number in range(len(self._workers))]

    def _listen(self, kind: type[Request], seconds: float, report: Report, answers: dict[int, Any]) -> None:
        """A look at each rank that has not answered: so many seconds at the first of them. Adds what has come."""
        for number, worker in enumerate(self._workers):
            if number in answers:
                continue
            try:
                heard = worker.listen(kind, seconds, report if number == 0 else _tell_nobody)
            except WorkerFailure as failure:
                raise self._cause(kind, {number: failure}, answers) from failure
            seconds = 0.0
            if heard is not None:
                answers[number] = heard.content

    def _cause(self, kind: type[Request], failures: dict[int, WorkerFailure], answers: dict[int, Any]) -> WorkerFailure:
        """Of all that fail within the grace, the one that the others follow from, told with its rank."""
        ends = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < ends and len(failures) + len(answers) < len(self._workers):
            for number, worker in enumerate(self._workers):
                if number in failures or number in answers or not worker.alive:
                    continue
                try:
                    heard = worker.listen(kind, LOOK_SECONDS / len(self._workers), _tell_nobody)
                except WorkerFailure as failure:
                    failures[number] = failure
                else:
                    answers |= {number: heard.content} if heard is not None else {}
        number, cause = min(
            failures.items(), key=lambda each: (each[1].outcome in CONSEQUENCES, each[1].outcome is not Outcome.OUT_OF_MEMORY, each[0])
        )
        return WorkerFailure(cause.outcome, f"rank {number} of {len(self._workers)}: {cause.detail}")

    def _silent(self, answers: dict[int, Any]) -> str:
        """Which ranks have not answered; those that somebody has stopped are the cause."""
        silent = {number: worker for number, worker in enumerate(self._workers) if number not in answers}
        stopped = [number for number, worker in silent.items() if worker.is_stopped]
        told = f"{_ranks(stopped)} stopped (SIGSTOP, or a debugger): " if stopped else f"{_ranks(list(silent))} silent: "
        return f"{told}all ranks were"

    def _own(self, number: int, request: Request) -> Request:
        """The same with that rank's own corpus, weights and cores. The first one's are in it."""
        setup: Setup | None = getattr(request, "setup", None)
        if not number or setup is None:
            return request
        own, cores = self._inputs[number], self._workers[number].hello.cores
        return replace(request, setup=replace(setup, corpus=own.corpus.folder, weights=own.weights.file, threads=cores))

    def _beside(self, worker: Worker) -> tuple[int, ...]:
        """The processes of the other ranks on its machine."""
        return tuple(each.hello.pid for each in self._workers if each is not worker and each.hello.host == worker.hello.host)


def _ranks(numbers: Sequence[int]) -> str:
    return f"rank {numbers[0]} is" if len(numbers) == 1 else f"ranks {', '.join(map(str, numbers))} are"


def _tell_nobody(progress: Progress) -> None:
    """Of a rank that is not the first."""
