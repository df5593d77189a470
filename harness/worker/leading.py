"""The line between the ranks of a side: the first one decides what is done next, and the others do the same.

Nothing that a rank measures by itself decides how often it steps: they would wait for each other for ever. So the first rank measures,
by the same code as a single process, and whatever its work is asked is told to the others first: a byte a call, ahead of the call itself.
"""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import Callable, Mapping
from enum import IntEnum

from harness.frameworks.contract import Work

NUMBER_BYTES = 2
CALLS = 8  # room for the calls of one work in a byte


class Call(IntEnum):
    """What a work can be asked."""

    STEP = 0
    FENCE = 1
    READ_BACK = 2


OVER = 255  # the request that all ranks are at is over


class Followers:
    """Of the rank that leads: its lines to all others."""

    def __init__(self, lines: list[socket.socket]) -> None:
        """lines: none where the rank is the only one."""
        self._lines = lines

    @classmethod
    def of(cls, listening: socket.socket, count: int, key: bytes, timeout_seconds: float) -> Followers:
        """Those who come with the key. Raises OSError (TimeoutError) where not all have come in time."""
        deadline = time.monotonic() + timeout_seconds
        lines: dict[int, socket.socket] = {}
        while len(lines) < count:
            listening.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                line, _ = listening.accept()
            except TimeoutError as error:
                missing = ", ".join(str(number) for number in range(1, count + 1) if number not in lines)
                raise TimeoutError(f"rank {missing} has not come within {timeout_seconds:g} s") from error
            line.settimeout(max(0.01, deadline - time.monotonic()))
            said = _exactly(line, len(key) + NUMBER_BYTES)
            if not hmac.compare_digest(said[: len(key)], key):
                line.close()  # somebody else's
                continue
            line.settimeout(timeout_seconds)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines[int.from_bytes(said[len(key) :])] = line
        return cls([lines[number] for number in sorted(lines)])

    def tell(self, code: int) -> None:
        said = bytes([code])
        for line in self._lines:
            line.sendall(said)


class Leader:
    """Of each other rank: its line to the one that leads."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    @classmethod
    def at(cls, address: str, number: int, key: bytes, timeout_seconds: float) -> Leader:
        """Raises OSError where nobody listens there in time."""
        host, _, port = address.rpartition(":")
        deadline = time.monotonic() + timeout_seconds
        while True:  # the leader may be a moment late
            try:
                line = socket.create_connection((host, int(port)), timeout=timeout_seconds)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(key + number.to_bytes(NUMBER_BYTES))
        line.settimeout(None)  # from now on pytest's deadline counts: the leader may be at its own work
        return cls(line)

    def follow(self, works: Mapping[str, Work], noticed: Callable[[str, Call, float], None]) -> None:
        """Does what the leader does, until the request is over. noticed: is told of each call that has been done, and its seconds.

        Raises EOFError where the leader is gone.
        """
        named = list(works.items())
        while True:
            said = self._line.recv(4096)
            if not said:
                raise EOFError("the first rank is gone")
            for code in said:
                if code == OVER:
                    return  # nothing comes behind it: the next request is pytest's to send
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


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (more := line.recv(size - len(found))):
        found += more
    return found
