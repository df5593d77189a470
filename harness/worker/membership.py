"""A worker's place among the ranks of its side: where the others find it, and its line to the one that leads."""

from __future__ import annotations

import hashlib
import secrets
import socket
from pathlib import Path

import psutil

from harness.frameworks.contract import Framework
from harness.frameworks.ranks import Rank
from harness.worker.case_error import CaseError
from harness.worker.leading import Followers, Leader
from harness.worker.meters.beside import works_beside
from harness.worker.protocol import Join, Offered

SUITE = Path(__file__).parents[2]
PACKAGES = ("fixtures", "harness")
ANYWHERE = "0.0.0.0"


class Membership:
    """From the moment that it joins the others until the process ends: no engine can be left and joined again."""

    def __init__(self) -> None:
        self.rank: Rank | None = None
        self.followers = Followers([])  # of the one that leads
        self.leader: Leader | None = None  # of each other one

    def offer(self) -> Offered:
        """Takes two free ports: one for the engine's own exchange, one for the line between the ranks."""
        self._engine, self._line = _held(), _held()
        self._key = secrets.token_bytes(16)
        return Offered(
            engine_port=_port(self._engine),
            line_port=_port(self._line),
            key=self._key,
            host=socket.gethostname(),
            suite_sha256=_suite_sha256(),
            network=str(Path("/proc/self/ns/net").readlink()),
            hosts=_hosts(),
        )

    def join(self, request: Join, framework: Framework) -> None:
        """Meets the others: first on the line, then by the engine. Raises CaseError where they do not come in time."""
        rank = request.rank
        try:
            if rank.number == 0:
                self._line.listen(rank.count)
                self.followers = Followers.of(self._line, rank.count - 1, self._key, rank.timeout_seconds)
            else:
                self.leader = Leader.at(request.lead, rank.number, request.key, rank.timeout_seconds)
        except OSError as error:
            raise CaseError(f"rank {rank.number} and the others have not met at {request.lead}: {error}") from error
        finally:
            self._line.close()
        for pid in request.beside:
            works_beside(pid)
        self._engine.close()  # the engine listens there itself
        framework.open_device(request.setup)
        framework.join(rank)
        self.rank = rank


def _suite_sha256() -> str:
    """Of the files that decide what is computed and measured."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (SUITE / package).rglob("*.py")):
        digest.update(f"{path.relative_to(SUITE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _held() -> socket.socket:
    """A port that nobody else is given until it is closed."""
    held = socket.socket()
    held.bind((ANYWHERE, 0))
    return held


def _port(held: socket.socket) -> int:
    return int(held.getsockname()[1])


def _hosts() -> dict[str, str]:
    """The machine's own addresses, and the mask of each one's network; those of its loopback last."""
    found = [each for given in psutil.net_if_addrs().values() for each in given if each.family is socket.AF_INET]
    return {each.address: each.netmask or "255.255.255.255" for each in sorted(found, key=lambda each: each.address.startswith("127."))}


MEMBERSHIP = Membership()  # of this process
