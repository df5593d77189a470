"""Workers: a process per framework, in that framework's own interpreter, over an execnet gateway.

A worker that dies, hangs or runs out of memory costs its case only: it is killed with everything it started, and the next
case gets a fresh one.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import execnet
import msgspec

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import Source
from harness.record.outcome import Outcome
from harness.record.text import visible_lines
from harness.session.workers import copy
from harness.session.workers.deadline import Deadline
from harness.session.workers.gateway import GATEWAY_ERRORS, START_SECONDS, Gateway, GatewayError, first_line
from harness.session.workers.oom_kills import oom_kills
from harness.session.workers.processes import is_stopped, kill_tree, runs
from harness.session.workers.surroundings import left_out_at_start, leftovers, variables
from harness.worker.protocol import Answer, Failure, Hello, Message, Progress, Request
from harness.worker.share import WHOLE, Share

BOOTSTRAP = """
import sys
paths, module, package, patterns, given, share = channel.receive()
sys.path[:0] = paths
from harness.worker import system
system.check()
from harness.worker.leftovers import drop
drop(patterns, given)
from harness.worker.share import TAKEN, Share
TAKEN.take(Share(*share))
from harness.worker.serve import serve
serve(channel, module, package)
"""
VIA = "//via="  # in a spec, before what the worker is started through
KILL_GROUP = """
import os, shutil, signal
pid, folder = channel.receive()
os.killpg(pid, signal.SIGKILL)
shutil.rmtree(folder, ignore_errors=True)
"""
LOG_LINES = 15
LIVENESS_SECONDS = 0.5
DYING_SECONDS = 1.0  # of what the kernel has killed, and counted: it gives its memory back before it is gone
LOOK_SECONDS = 0.05
Report = Callable[[Progress], None]
Waiting = Callable[[], None]


def at_rest() -> None:
    """What is done while an answer is waited for, where nobody says."""


class WorkerFailure(Exception):
    """A request ended without an answer."""

    def __init__(self, outcome: Outcome, detail: str, signal: str = "") -> None:
        """signal: that has killed its process."""
        self.outcome = outcome
        self.signal = signal
        self.detail = visible_lines(detail)  # from a framework or a log, and on its way to a terminal
        super().__init__(f"{outcome}: {self.detail}")


class Heard(msgspec.Struct, frozen=True):
    """An answer that has come."""

    content: Any


def late(timeout_seconds: float, whose: str = "the worker was") -> WorkerFailure:
    return WorkerFailure(Outcome.TIMEOUT, f"no answer within {timeout_seconds:g} s (--case-timeout); {whose} killed")


class WorkerStartError(Exception):
    """No worker can be started from its execnet spec. The message names the spec and the mend."""


class Worker:
    """One process. Use `call` until it raises WorkerFailure and `alive` turns false; then start another."""

    def __init__(
        self,
        framework: str,
        spec: str,
        surroundings: frozenset[Source],
        import_paths: list[str],
        waiting: Waiting = at_rest,
        share: Share = WHOLE,
    ) -> None:
        """Starts the process. Raises WorkerStartError.

        import_paths: where it finds this suite, first. waiting: is called now and then while an answer is waited for. share: of its
        machine.
        """
        self.framework = framework
        self._spec = spec
        self._waiting = waiting
        self._oom_kills = self._oom_kills_before = oom_kills()  # when it began, and when it was asked
        try:
            self._gateway = Gateway(spec, variables(framework, surroundings), framework, left_out_at_start(surroundings))
            listing, patterns = FRAMEWORKS[framework], leftovers(framework, surroundings)
            own = msgspec.structs.astuple(share)
            try:
                other = None if self._gateway.is_local else copy.difference(self._gateway.run, import_paths, START_SECONDS)
                if other:
                    raise GatewayError(other)
                self._channel = self._gateway.run(
                    BOOTSTRAP, import_paths, listing.module, listing.package, patterns, self._gateway.variables, own
                )
                self.hello = msgspec.msgpack.decode(self._channel.receive(START_SECONDS), type=Hello)
            except GATEWAY_ERRORS as error:
                raise self._gateway.failed(error) from error
            except BaseException:
                self._gateway.close()
                raise
        except GatewayError as error:
            given, _, master = spec.partition(VIA)
            where = f" by {master}" if master else ""
            raise WorkerStartError(f"--worker {framework}={given}: no worker could be started{where} {error}") from error
        self.alive = True
        self._unanswered = 0
        _LIVE.add(self)

    @property
    def runs(self) -> bool:
        return self.alive and (not self._gateway.is_local or runs(self.hello.pid))

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has stopped its process, as far as this machine can see."""
        return self._gateway.is_local and is_stopped(self.hello.pid)

    @property
    def is_idle(self) -> bool:
        """It runs, and waits for a request: whoever left an exchange before its end has left answers that would be taken for others."""
        return self.runs and not self._unanswered

    def call(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        """The answer to the request, of the request's `answer` type. Progress goes to `report` meanwhile.

        Raises WorkerFailure: with the outcome the worker gives, `timeout` past the deadline, or what its death means.
        """
        self.send(request)
        return self.answer(request, timeout_seconds, report)

    def send(self, request: Request) -> None:
        """Has it done while others do theirs: each that is sent has to be answered, in the same order. Raises WorkerFailure."""
        with self._watched():
            if not self._unanswered:
                self._oom_kills_before = oom_kills()
            self._unanswered += 1
            self._channel.send(msgspec.msgpack.encode(request))

    def answer(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        """To the first request that was sent and is not answered yet. timeout_seconds: from now on. Raises WorkerFailure."""
        deadline = Deadline(timeout_seconds)
        with self._watched():
            while True:
                try:
                    with deadline.waiting(LIVENESS_SECONDS) as given_seconds:
                        found = self._listen(type(request), given_seconds, report)
                except WorkerFailure as failure:
                    if failure.outcome is not Outcome.UNSUPPORTED:
                        self.kill()  # what was measured there has left its state behind
                    raise
                if found is not None:
                    return found.content
                if deadline.is_over:
                    self.kill()
                    raise late(timeout_seconds)
                self._waiting()

    def listen(self, kind: type[Request], seconds: float, report: Report) -> Heard | None:
        """The same, where it comes within so many seconds: for who listens to several.

        Raises WorkerFailure. One that has told why it fails is left as it is, to be killed with the others: they may follow from its death.
        """
        with self._watched():
            return self._listen(kind, seconds, report)

    def _listen(self, kind: type[Request], seconds: float, report: Report) -> Heard | None:
        """Raises EOFError once the process is dead. The pipe alone would not tell: a loader process that it left behind keeps it open."""
        try:
            message = _MESSAGES.decode(self._channel.receive(seconds))
        except execnet.TimeoutError:
            if self._gateway.is_local and not runs(self.hello.pid):
                raise EOFError("killed from outside") from None
            return None
        match message:
            case Progress() as progress:
                report(progress)
                return None
            case Failure(outcome, detail):
                self._unanswered -= 1
                if outcome is Outcome.ERROR and self._was_oom_killed_below():
                    outcome = Outcome.OUT_OF_MEMORY
                raise WorkerFailure(outcome, detail)
            case Answer(content):
                self._unanswered -= 1
                return Heard(msgspec.msgpack.decode(content, type=kind.answer))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Of what goes over the channel: a death is told as what it means, and whatever breaks an exchange off ends the worker."""
        try:
            yield
        except WorkerFailure:
            raise
        except GATEWAY_ERRORS as error:
            died = self._death(error)
            self.kill()
            raise died from error
        except BaseException:  # as pytest-timeout ends a test: the answer is on its way, and would be taken for that of the next request
            self.kill()
            raise

    def close(self) -> None:
        """Ends the process, if it still runs."""
        if self.alive:
            with suppress(OSError):  # it has died, and what it has started keeps its pipe open
                self._channel.close()
            self.kill()

    def kill(self) -> None:
        """Kills the process and all it has started, and removes its temporary folder."""
        if self._gateway.is_local:
            kill_tree(self.hello.pid)
            shutil.rmtree(self.hello.folder, ignore_errors=True)
        else:
            self._kill_remotely()
        self._gateway.close()
        self.alive = False
        _LIVE.discard(self)

    def _kill_remotely(self) -> None:
        """Through a second, short-lived gateway: the first one's main thread may be stuck in the measured code."""
        try:
            killing = Gateway(self._spec, {}, self.framework)
        except GatewayError:
            return  # the machine is gone already
        with suppress(*GATEWAY_ERRORS):  # or the process is
            killing.run(KILL_GROUP, self.hello.pid, self.hello.folder).waitclose(START_SECONDS)
        killing.close()

    def _was_oom_killed_below(self) -> bool:
        """Whether the kernel has killed a loader's process of it since it was asked: its framework only knows that that is gone.

        Another worker that was at work at the same time, and is found dead, is the one that was killed.
        """
        killed = oom_kills() - self._oom_kills_before
        dying = Deadline(DYING_SECONDS)
        while killed > (dead := sum(each is not self and not each.runs for each in _LIVE)) and not dying.is_over:
            with dying.waiting(LOOK_SECONDS) as given_seconds:
                time.sleep(given_seconds)
        return killed > dead

    def _death(self, error: BaseException) -> WorkerFailure:
        if oom_kills() > self._oom_kills:
            for each in _LIVE - {self}:  # no other one's failure is for this one's want of memory
                each._oom_kills += 1
                each._oom_kills_before += 1
            return WorkerFailure(
                Outcome.OUT_OF_MEMORY, "the kernel killed a process for want of memory while the worker ran, and the worker died"
            )
        log = Path(self.hello.folder) / "log"
        try:
            last = list(deque(log.read_text(errors="replace").splitlines(), maxlen=LOG_LINES))
        except OSError:  # it is on another machine
            last = self._gateway.said
        told = "\n".join(["; its last words:", *last]) if last else ""
        signal = self._gateway.killed_by
        died = "the worker's process died" if self._gateway.is_local else "the worker's process died, or the connection to it broke"
        return WorkerFailure(Outcome.CRASHED, f"{died} ({signal or first_line(error)}){told}", signal)


_LIVE: set[Worker] = set()  # of this session, and those whose death nobody has noticed yet
_MESSAGES: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
