"""A worker's place among the ranks of its side: where the others find it, and its line to the one that leads."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

import psutil

from harness.frameworks.contract import Framework, Setup
from harness.frameworks.ranks import Rank
from harness.record.outcome import Unsupported
from harness.worker import identity
from harness.worker.case_error import CaseError
from harness.worker.leading import OVER, Followers, Leader
from harness.worker.meters.beside import works_beside
from harness.worker.protocol import Join, Offered

ANYWHERE = "0.0.0.0"


class Membership:
    """From the moment that it joins the others until the process ends: no engine can be left and joined again."""

    def __init__(self) -> None:
        self.rank: Rank | None = None
        self.followers = Followers({})  # of the one that leads
        self.leader: Leader | None = None  # of each other one

    def offer(self, setup: Setup) -> Offered:
        """Takes two free ports: one for the engine's own exchange, one for the line between the ranks. Raises ModelError."""
        setup.model.expect_here()
        self._engine, self._line = _held(shared=True), _held(shared=False)
        self._key = secrets.token_bytes(16)
        return Offered(
            engine_port=_port(self._engine),
            line_port=_port(self._line),
            key=self._key,
            host=socket.gethostname(),
            suite_sha256=identity.of_suite(),
            corpus_sha256=identity.of_corpus(setup.corpus),
            weights_sha256=identity.of_weights(setup.weights),
            network=str(Path("/proc/self/ns/net").readlink()),
            hosts=_hosts(),
        )

    def join(self, request: Join, framework: Framework) -> None:
        """Meets the others: first on the line, then by the engine. Raises CaseError where they do not come in time."""
        rank = request.rank
        with self._line:
            if rank.number == 0:
                self.followers = Followers.of(self._line, rank.count - 1, self._key, rank.timeout_seconds)
                self.followers.tell(OVER)  # all are there: none waits by the engine for one that has not come to the line
            else:
                self.leader = Leader.at(request.lead, rank.number, request.key, rank.timeout_seconds)
                self.leader.wait()
        for pid in request.beside:
            works_beside(pid)
        framework.open_device(request.setup)
        with self._engine:  # until the engine listens at the port, nobody else is given it
            _join(rank, framework, _port(self._engine))
        self.rank = rank


def _join(rank: Rank, framework: Framework, port: int) -> None:
    _expect_free(port)
    try:
        framework.join(rank)
    except Exception as error:
        if isinstance(error, (Unsupported, CaseError, MemoryError)) or framework.is_out_of_memory(error):
            raise
        where = f"by the engine at {rank.addresses[0]} (here it has port {port})"
        raise CaseError(f"the ranks have not met {where}: {type(error).__name__}: {error}") from error


def _expect_free(port: int) -> None:
    """Raises CaseError where somebody listens there, who has asked for this very port, whoever has it."""
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((ANYWHERE, port))
        except OSError as error:
            told = f"port {port} of {socket.gethostname()}, which the engine was to listen at, is taken by another process"
            raise CaseError(f"{told} ({error.strerror}): measure again, or have that process listen at another one") from error


def _held(shared: bool) -> socket.socket:
    """A port that nobody else is given until it is closed. shared: who asks for that very port, as an engine does, may listen there."""
    held = socket.socket()
    if shared:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((ANYWHERE, 0))
    return held


def _port(held: socket.socket) -> int:
    return int(held.getsockname()[1])


def _hosts() -> dict[str, str]:
    """The machine's own addresses, and the mask of each one's network; those of its loopback last."""
    found = [each for given in psutil.net_if_addrs().values() for each in given if each.family is socket.AF_INET]
    return {each.address: each.netmask or "255.255.255.255" for each in sorted(found, key=lambda each: each.address.startswith("127."))}


MEMBERSHIP = Membership()  # of this process
