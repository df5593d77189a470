"""A crew: the ranks of one side, a worker each, that are asked as one.

A request goes to all of them, and each answers. One that fails, dies or hangs ends them all: the others would wait for it for ever.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from harness.session.inputs import Inputs
from harness.session.workers import causes, meeting
from harness.session.workers.causes import Failures
from harness.session.workers.deadline import Deadline
from harness.session.workers.merging import merged
from harness.session.workers.worker import LIVENESS_SECONDS, Report, Waiting, Worker, WorkerFailure, at_rest, late
from harness.worker.protocol import Hello, Join, Offer, Offered, Progress, Request

LOOK_SECONDS = 0.2  # at the first rank, whose answer comes last, before the others are looked at
GRACE_SECONDS = 2.0  # for the others to say why, once one has failed: who lost a connection is not who broke it

R = TypeVar("R", bound=Request)


class Crew:
    """As a `Worker` is used: `call` until it raises WorkerFailure."""

    def __init__(self, workers: Sequence[Worker], waiting: Waiting = at_rest) -> None:
        """workers: fresh ones, by rank, that have met nobody yet. `meet` is next. waiting: is called now and then, as a worker's is."""
        self._workers = list(workers)
        self._waiting = waiting
        self._look_seconds = LOOK_SECONDS if len(self._workers) > 1 else LIVENESS_SECONDS
        self._inputs: Sequence[Inputs] = ()  # of each, where they have their own

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

    def meet(self, setup: Setup, timeout_seconds: float, inputs: Sequence[Inputs] = ()) -> None:
        """Has the ranks find each other, for work with those settings. Raises WorkerFailure, after which the crew is dead.

        inputs: of each rank, where it runs; none where all have those of the set-up.
        """
        self._inputs = inputs
        offers: list[Offered] = self._gathered(self._own(Offer(setup)), timeout_seconds)
        with self._ended_by_failure():
            meeting.expect_equal(offers)
            hosts = meeting.addresses(offers)
        engines = tuple(f"{host}:{offer.engine_port}" for host, offer in zip(hosts, offers, strict=True))
        lead = f"{hosts[0]}:{offers[0].line_port}"
        ranks = [Rank(number, engines, timeout_seconds) for number in range(len(self._workers))]
        key, own = offers[0].key, self._own(Offer(setup))
        joins = [
            Join(offer.setup, rank, lead, key, self._beside(worker)) for rank, worker, offer in zip(ranks, self._workers, own, strict=True)
        ]
        self._gathered(joins, timeout_seconds)

    def call(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        self.send(request)
        return self.answer(request, timeout_seconds, report)

    def send(self, request: Request) -> None:
        """Raises WorkerFailure, after which the crew is dead."""
        self._send(self._own(request))

    def answer(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        """That of all ranks together. Raises WorkerFailure, which names the rank, after which the crew is dead."""
        return merged(self._answers(type(request), timeout_seconds, report))

    def close(self) -> None:
        with ExitStack() as ends:  # one that cannot be ended keeps none of the others
            for worker in self._workers:
                ends.callback(worker.close)

    def kill(self) -> None:
        with ExitStack() as ends:
            for worker in self._workers:
                if worker.alive:
                    ends.callback(worker.kill)

    def _gathered(self, requests: Sequence[Request], timeout_seconds: float) -> list[Any]:
        """Each rank's answer to its own request of one kind."""
        self._send(requests)
        return self._answers(type(requests[0]), timeout_seconds, _tell_nobody)

    def _send(self, requests: Sequence[Request]) -> None:
        with self._ended_by_failure():
            for number, (worker, request) in enumerate(zip(self._workers, requests, strict=True)):
                try:
                    worker.send(request)
                except WorkerFailure as failure:
                    raise self._cause(type(request), {number: failure}, {}) from failure

    def _answers(self, kind: type[Request], timeout_seconds: float, report: Report) -> list[Any]:
        """By rank. The first one's progress is reported."""
        deadline = Deadline(timeout_seconds)
        answers: dict[int, Any] = {}
        with self._ended_by_failure():
            while len(answers) < len(self._workers):
                if deadline.is_over:
                    raise late(timeout_seconds, self._silent(answers))
                with deadline.waiting(self._look_seconds) as given_seconds:
                    failures = self._listen(kind, given_seconds, report, answers)
                if failures:
                    raise self._cause(kind, failures, answers) from next(iter(failures.values()))
                self._waiting()
        return [answers[number] for number in range(len(self._workers))]

    def _listen(
        self, kind: type[Request], seconds: float, report: Report, answers: dict[int, Any], failed: Container[int] = ()
    ) -> Failures:
        """A look at each rank that has not answered: so many seconds at the first of them. Adds what has come. Those that fail, by rank."""
        failures: Failures = {}
        for number in self._rest(answers, failed):
            try:
                heard = self._workers[number].listen(kind, seconds, report if number == 0 else _tell_nobody)
            except WorkerFailure as failure:
                failures[number] = failure
                continue
            finally:
                seconds = 0.0
            if heard is not None:
                answers[number] = heard.content
        return failures

    def _cause(self, kind: type[Request], failures: Failures, answers: dict[int, Any]) -> WorkerFailure:
        """Of all that fail within the grace, the one that the others follow from, told with its rank."""
        grace = Deadline(GRACE_SECONDS)
        while not (grace.is_over or causes.is_clear(failures)) and self._rest(failures, answers):
            with grace.waiting(LOOK_SECONDS) as given_seconds:
                failures |= self._listen(kind, given_seconds, _tell_nobody, answers, failures)
        stopped = [number for number in self._rest(failures, answers) if self._workers[number].is_stopped]
        return causes.told(failures, stopped, self._names)

    def _silent(self, answers: dict[int, Any]) -> str:
        """Which ranks have not answered; those that somebody has stopped are the cause."""
        if len(self._workers) == 1:
            return "the worker was"
        silent = self._rest(answers)
        stopped = [number for number in silent if self._workers[number].is_stopped]
        told = causes.are_stopped(stopped, self._names) if stopped else causes.are(silent, self._names, "silent")
        return f"{told}: all ranks were"

    def _rest(self, *known: Container[int]) -> list[int]:
        return [number for number in range(len(self._workers)) if not any(number in each for each in known)]

    @property
    def _names(self) -> list[str]:
        return causes.names([worker.hello.host for worker in self._workers])

    def _own(self, request: R) -> list[R]:
        """For each rank the same, with its own corpus, weights and cores."""
        setup: Setup | None = getattr(request, "setup", None)
        if setup is None or not self._inputs:
            return [request] * len(self._workers)
        setups = [
            replace(setup, corpus=own.corpus.folder, weights=own.weights.file, threads=worker.hello.cores)
            for own, worker in zip(self._inputs, self._workers, strict=True)
        ]
        return [replace(request, setup=each) for each in setups]

    def _beside(self, worker: Worker) -> tuple[int, ...]:
        """The processes of the other ranks on its machine."""
        return tuple(each.hello.pid for each in self._workers if each is not worker and each.hello.processes == worker.hello.processes)

    @contextmanager
    def _ended_by_failure(self) -> Iterator[None]:
        """Whatever breaks off what the ranks do together, as pytest-timeout or Ctrl-C does: no rank outlives its side."""
        try:
            yield
        except BaseException:
            self.kill()
            raise


def _tell_nobody(progress: Progress) -> None:
    """Of a rank that is not the first."""
