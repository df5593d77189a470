"""The line between the ranks of a side: the first one decides what is done next, and the others do the same.

Nothing that a rank measures by itself decides how often it steps: they would wait for each other for ever. So the first rank measures,
by the same code as a single process, and whatever its work is asked is told to the others first: a byte a call, ahead of the call itself.
"""

from __future__ import annotations

import hmac
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import cast

from harness.frameworks.contract import Work
from harness.record.outcome import Outcome
from harness.worker.case_error import CaseError

NUMBER_BYTES = 2
STRANGERS = 16  # that may wait beside the ranks: a port is anybody's to try
AGAIN_SECONDS = 0.05
READ_BYTES = 4096
CALLS = 8  # room for the calls of one work in a byte


class Call(IntEnum):
    """What a work can be asked."""

    STEP = 0
    FENCE = 1
    READ_BACK = 2


Noticed = Callable[[str, Call, float], None]  # is told of each call that has been done, by its work, and its seconds
OVER = 255  # the request that all ranks are at is over


class LateError(CaseError):
    """Ranks have not met in time."""

    outcome = Outcome.TIMEOUT


class GoneError(CaseError):
    """The rank at the other end of a line is gone. Why, it says itself, or pytest sees it dead."""


class Followers:
    """Of the rank that leads: its lines to all others."""

    def __init__(self, lines: Mapping[int, socket.socket]) -> None:
        """lines: by rank; none where the rank is the only one."""
        self._lines = dict(sorted(lines.items()))

    @classmethod
    def of(cls, listening: socket.socket, count: int, key: bytes, timeout_seconds: float) -> Followers:
        """The ranks from 1 on, who come with the key, whoever else comes. Raises LateError where not all have come in time."""
        deadline = time.monotonic() + timeout_seconds
        lines: dict[int, socket.socket] = {}
        heard: dict[socket.socket, bytes] = {}  # who has come, and has not said yet who it is
        listening.listen(count + STRANGERS)
        with selectors.DefaultSelector() as selector:
            selector.register(listening, selectors.EVENT_READ)
            while len(lines) < count:
                left_seconds = deadline - time.monotonic()
                if left_seconds <= 0.0:
                    missing = ", ".join(str(number) for number in range(1, count + 1) if number not in lines)
                    raise LateError(f"rank {missing} has not come to rank 0 within {timeout_seconds:g} s (--case-timeout)")
                for ready, _ in selector.select(left_seconds):
                    if ready.fileobj is listening:
                        line, _ = listening.accept()
                        heard[line] = b""
                        selector.register(line, selectors.EVENT_READ)
                        continue
                    line = cast(socket.socket, ready.fileobj)
                    heard[line] += (said := _said(line, len(key) + NUMBER_BYTES - len(heard[line])))
                    if said and len(heard[line]) < len(key) + NUMBER_BYTES:
                        continue
                    selector.unregister(line)
                    number = _number(heard.pop(line), key)
                    if 1 <= number <= count and number not in lines:
                        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        lines[number] = line
                    else:
                        line.close()
        for stranger in heard:
            stranger.close()
        return cls(lines)

    def tell(self, code: int) -> None:
        """Raises GoneError."""
        said = bytes([code])
        for number, line in self._lines.items():
            try:
                line.sendall(said)
            except OSError as error:
                raise GoneError(f"rank {number} is gone ({error.strerror})") from error


class Leader:
    """Of each other rank: its line to the one that leads."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._said = b""  # what it has been told, and has not done yet

    @classmethod
    def at(cls, address: str, number: int, key: bytes, timeout_seconds: float) -> Leader:
        """Raises LateError where nobody listens there in time."""
        host, _, port = address.rpartition(":")
        deadline = time.monotonic() + timeout_seconds
        while True:  # the leader may be a moment late
            try:
                line = socket.create_connection((host, int(port)), timeout=max(AGAIN_SECONDS, deadline - time.monotonic()))
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line.sendall(key + number.to_bytes(NUMBER_BYTES))
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    told = f"rank 0 does not answer at {address} within {timeout_seconds:g} s (--case-timeout): {error}"
                    raise LateError(told) from error
                time.sleep(AGAIN_SECONDS)
        line.settimeout(None)  # from now on pytest's deadline counts: the leader may be at its own work
        return cls(line)

    def follow(self, works: Mapping[str, Work], noticed: Noticed) -> None:
        """Does what the leader does, until the request is over. noticed: is told of each call that has been done, and its seconds.

        Raises GoneError.
        """
        named = list(works.items())
        while (code := self._next()) != OVER:
            (name, work), call = named[code // CALLS], Call(code % CALLS)
            start = time.perf_counter()
            match call:
                case Call.STEP:
                    work.step()
                case Call.FENCE:
                    work.fence()
                case Call.READ_BACK:
                    work.read_back()
            noticed(name, call, time.perf_counter() - start)

    def wait(self) -> None:
        """Until the leader is done with what needs no other rank's work. Raises GoneError."""
        self.follow({}, lambda *_: None)

    def _next(self) -> int:
        if not self._said:
            try:
                self._said = self._line.recv(READ_BYTES)
            except OSError as error:
                raise GoneError(f"rank 0 is gone ({error.strerror})") from error
            if not self._said:
                raise GoneError("rank 0 is gone")
        code, self._said = self._said[0], self._said[1:]
        return code


class Led:
    """A work of the rank that leads: all ranks do what it is asked."""

    def __init__(self, work: Work, place: int, followers: Followers) -> None:
        """place: of the work among those of the request, the same for all ranks."""
        self._work = work
        self._first = place * CALLS
        self._followers = followers

    def step(self) -> None:
        self._followers.tell(self._first + Call.STEP)
        self._work.step()

    def fence(self) -> None:
        self._followers.tell(self._first + Call.FENCE)
        self._work.fence()

    def read_back(self) -> float:
        self._followers.tell(self._first + Call.READ_BACK)
        return self._work.read_back()

    def close(self) -> None:
        self._work.close()


def led(works: Mapping[str, Work], followers: Followers) -> dict[str, Work]:
    return {name: Led(work, place, followers) for place, (name, work) in enumerate(works.items())}


def _said(line: socket.socket, most: int) -> bytes:
    """Nothing where the other end is gone."""
    try:
        return line.recv(most)
    except OSError:
        return b""


def _number(said: bytes, key: bytes) -> int:
    """Of who says so. 0, which is the leader's own, of one who has no key."""
    given, number = said[: len(key)], said[len(key) :]
    return int.from_bytes(number) if len(number) == NUMBER_BYTES and hmac.compare_digest(given, key) else 0
