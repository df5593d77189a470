"""A stand-in whose ranks really meet, and really wait for each other in each step: over sockets, for nothing.

Each listens at its own address, as TensorFlow's ranks do; the first one's is where all meet, as PyTorch's do.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable

import numpy as np

from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from tests.stand_in import quick as quick
from tests.stand_in.framework import Loading, OomKilled, StandIn, Steps

# Environment variable: what a rank suffers, at which of its calls, and which rank where not each: killed@30, killed@join@1. "" for nothing.
FAULT = "STAND_IN_FAULT"
CALLED = "STAND_IN_CALLED"  # environment variable: the file that each call of a work is written to, with the rank's number behind its name
BYTES = 4_000_000  # that a step is said to exchange
VALUE = struct.Struct("d")


class Ring:
    """What the ranks exchange by: each tells the first one a number, and is told the sum."""

    def __init__(self, rank: Rank) -> None:
        host, port = _parted(rank.addresses[rank.number])
        listening = socket.create_server((host, port))
        listening.settimeout(rank.timeout_seconds)
        self._lines = []
        if rank.number == 0:
            self._lines = [listening.accept()[0] for _ in range(rank.count - 1)]
        else:
            self._lines = [_connected(rank)]
        self._is_first = rank.number == 0
        for line in self._lines:
            line.settimeout(rank.timeout_seconds)

    def sum(self, value: float) -> float:
        if self._is_first:
            total = value + sum(_read(line) for line in self._lines)
            for line in self._lines:
                line.sendall(VALUE.pack(total))
            return total
        for line in self._lines:
            line.sendall(VALUE.pack(value))
        return _read(self._lines[0])


class Part(Steps):
    """A step of one of the ranks, which waits for all others."""

    exchanged_bytes = BYTES

    def __init__(self, setup: Setup, seconds: float, framework: Ranked) -> None:
        super().__init__(setup, seconds)
        self.name = "together"
        self.framework = framework

    def step(self) -> None:
        self.framework.happens(self.name, "step")
        super().step()
        self.exchange_value()

    def fence(self) -> None:
        self.framework.happens(self.name, "fence")

    def read_back(self) -> float:
        self.framework.happens(self.name, "read_back")
        return super().read_back()

    def gradient_norms(self) -> tuple[float, ...]:
        self.framework.happens(self.name, "gradient_norms")
        self.exchange_value()
        return super().gradient_norms()

    def close(self) -> None:
        self.framework.note(self.name, "close")

    def exchange_value(self) -> None:
        self.framework.ring.sum(1.0)

    def without_exchange(self) -> Steps:
        return Alone(self._setup, self._seconds, self.framework)

    def exchange(self) -> Steps:
        return Exchange(self._setup, self._seconds / 4, self.framework)


class Alone(Part):
    def __init__(self, setup: Setup, seconds: float, framework: Ranked) -> None:
        super().__init__(setup, seconds, framework)
        self.name = "alone"

    def exchange_value(self) -> None:
        """A step of this rank by itself."""


class Parted(Part):
    """Its ranks' weights are not the same after a step."""

    def weights(self) -> Weights:
        assert self._setup.rank is not None
        return {name: each * (1 + 0.01 * self._setup.rank.number) for name, each in super().weights().items()}


class Summed(Part):
    """It takes the sum over all ranks where it is to take the mean: a step adds as many times as much as there are ranks."""

    def weights(self) -> Weights:
        return super().weights() | {"fc.weight": super().weights()["fc.weight"] * self._setup.case.ranks}


class Exchange(Part):
    def __init__(self, setup: Setup, seconds: float, framework: Ranked) -> None:
        super().__init__(setup, seconds, framework)
        self.name = "exchange"


class LoadingPart(Loading):
    """Of each batch the rank's own images."""

    def to_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        images, labels = super().to_numpy()
        part = slice(None) if self._setup.rank is None else self._setup.rank.part(len(images))
        return images[part], labels[part]


class Ranked(StandIn):
    def __init__(self, seconds: float = 0.002, part: type[Part] = Part) -> None:
        super().__init__(Steps, seconds)
        self._part = part
        self.ring: Ring
        self._rank: Rank | None = None
        kind, self._at, self._whose = (*os.environ.get(FAULT, "").split("@"), "", "")[:3]
        self._fault: Callable[[], None] | None = FAULTS[kind] if kind else None
        self._calls = 0
        self._file = os.environ.get(CALLED, "")

    def happens(self, work: str, what: str) -> None:
        """A call of a work, in which the fault may be."""
        self.note(work, what)
        self._calls += 1
        own = str(self._rank.number) if self._rank is not None else ""
        if self._fault is not None and self._at in (str(self._calls), what) and self._whose in ("", own):
            self._fault()

    def note(self, work: str, what: str) -> None:
        if self._file and self._rank is not None:
            with open(f"{self._file}.{self._rank.number}", "a") as file:  # noqa: PTH123 (as quick as can be)
                file.write(f"{work} {what}\n")

    def join(self, rank: Rank) -> None:
        self._rank = rank
        self.happens("engine", "join")
        self.ring = Ring(rank)

    def pipeline(self, setup: Setup) -> Loading:
        return LoadingPart(setup, self._seconds / 10)

    def data_parallel(self, setup: Setup) -> Part:
        assert setup.rank == self._rank
        return self._part(setup, self._seconds, self)

    def reset_peak_memory(self) -> None:
        self.happens("engine", "end")


class OnlyTogether(Ranked):
    """A single process of it cannot train."""

    def train_step(self, setup: Setup) -> Steps:
        raise ValueError("the measured code is broken")


def _raise() -> None:
    raise ValueError("the measured code is broken")


def _run_out_of_memory() -> None:
    raise MemoryError("no memory is left")


def _say_why_and_abort() -> None:
    sys.stderr.write("terminate called without an active exception\n")
    sys.stderr.flush()
    os.abort()


def _signal(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


FAULTS: dict[str, Callable[[], None]] = {
    "raises": _raise,
    "memory": _run_out_of_memory,
    "oom": lambda: OomKilled.step(None),  # type: ignore[arg-type]  # it needs no work
    "exits": lambda: os._exit(3),
    "hangs": lambda: time.sleep(3600.0),
    "killed": _signal(signal.SIGKILL),
    "aborts": _signal(signal.SIGABRT),
    "words": _say_why_and_abort,
    "stopped": _signal(signal.SIGSTOP),
}


def _connected(rank: Rank) -> socket.socket:
    deadline = time.monotonic() + rank.timeout_seconds
    while True:
        try:
            return socket.create_connection(_parted(rank.addresses[0]), timeout=rank.timeout_seconds)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _read(line: socket.socket) -> float:
    found = b""
    while len(found) < VALUE.size:
        more = line.recv(VALUE.size - len(found))
        if not more:
            raise ConnectionError("a rank has closed its connection")
        found += more
    return float(VALUE.unpack(found)[0])


def _parted(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


__getattr__ = Ranked().__getattribute__
