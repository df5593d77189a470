"""The connection between the first launched process and each other one: made by the other, proven by a secret, then execnet's."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from typing import Any

import execnet
import msgspec
from execnet.gateway import Gateway
from execnet.gateway_base import WorkerGateway, get_execmodel
from execnet.gateway_socket import SocketIO

from harness.session.launched.announced import Announced
from harness.session.launched.launchers import Launch, LaunchError
from harness.session.launched.places import name
from harness.session.launched.secret import MEND

MEET_SECONDS = 60.0
PROVE_SECONDS = 5.0  # for whoever knocks, to prove that it is one of the ranks
LOOK_SECONDS = 0.2
LONGEST_BYTES = 2**20  # of an announcement
REFUSALS = (AuthenticationError, EOFError, OSError, msgspec.MsgspecError)
STARTED = b"started"


class RankZeroError(LaunchError):
    """It has not come."""


class Lines:
    """Of the first rank to all others."""

    def __init__(self, launch: Launch, secret: bytes, own: Announced) -> None:
        """Waits for all of them. Raises LaunchError, which says who has not come."""
        self.launch = launch
        self._connected: dict[int, tuple[Announced, socket.socket]] = {}
        self._gateways: dict[str, Gateway] = {}
        try:
            with _listening(launch) as listening:
                self._wait(listening, secret)
            for number, (announced, connected) in sorted(self._connected.items()):
                connected.sendall(STARTED)
                called = name(number, announced.host)
                self._gateways[called] = _gateway(connected, called)
        except BaseException:
            self.close()
            raise
        self.ranks = (own, *(announced for _, (announced, _) in sorted(self._connected.items())))

    @property
    def gateways(self) -> dict[str, Gateway]:
        """By the name that an execnet spec has for them behind `via=`."""
        return self._gateways

    def close(self) -> None:
        """What serves there ends with its connection, and so does its process."""
        for _, connected in self._connected.values():
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def _wait(self, listening: socket.socket, secret: bytes) -> None:
        ends, was_refused = time.monotonic() + MEET_SECONDS, False
        listening.settimeout(LOOK_SECONDS)
        while missing := sorted(set(range(1, self.launch.count)) - self._connected.keys()):
            if time.monotonic() > ends:
                told = (
                    f"{self.launch.told}, and {_ranks(missing)} not come to {self.launch.host}:{self.launch.port} within {MEET_SECONDS:g} s"
                )
                mend = MEND if was_refused else "see what their own processes say, and that their machines reach this address"
                raise LaunchError(f"{told}: {mend}")
            with suppress(TimeoutError):
                knocking, _ = listening.accept()
                try:
                    announced, connected = _met(knocking, secret, deliver_challenge, answer_challenge)
                except REFUSALS:
                    was_refused = True
                    continue
                if announced.number in missing and announced.count == self.launch.count:
                    self._connected[announced.number] = announced, connected
                else:
                    connected.close()


def serve(launch: Launch, secret: bytes, own: Announced, ended: Callable[[], None]) -> None:
    """Runs what the first rank sends until its session ends. Raises RankZeroError.

    ended: ends what was started for it, which may be in the midst of something when the connection is lost.
    """
    ends, refused = time.monotonic() + MEET_SECONDS, ""
    while time.monotonic() < ends:
        try:
            knocking = socket.create_connection((launch.host, launch.port), timeout=max(LOOK_SECONDS, ends - time.monotonic()))
            knocking.settimeout(None)
            _, connected = _met(knocking, secret, answer_challenge, deliver_challenge, own)
            connected.settimeout(max(LOOK_SECONDS, ends - time.monotonic()))  # for the others to come
            if connected.recv(len(STARTED), socket.MSG_WAITALL) == STARTED:
                connected.settimeout(None)
                WorkerGateway(_Served(connected, ended), f"rank {launch.number}, serving", _startcount=2).serve()
                return
        except AuthenticationError:
            refused = f", which has another secret: {MEND}"
        except REFUSALS:
            pass  # it does not listen yet
        time.sleep(LOOK_SECONDS)
    told = f"rank {launch.number} of {launch.count}: rank 0 has not come to {launch.host}:{launch.port} within {MEET_SECONDS:g} s"
    raise RankZeroError(f"{told}{refused or ': see what its own process says, and that this machine reaches that address'}")


class _Served(SocketIO):
    """A connection whose loss ends what runs here."""

    def __init__(self, connected: socket.socket, ended: Callable[[], None]) -> None:
        super().__init__(connected, get_execmodel("thread"))
        self._ended = ended

    def read(self, numbytes: int) -> bytes:
        try:
            return super().read(numbytes)
        except (EOFError, OSError) as error:
            self._ended()
            raise EOFError from error


def _listening(launch: Launch) -> socket.socket:
    """Bound to the one address where the others look for it; where that is a name for this machine's own use alone, to all."""
    try:
        address = socket.gethostbyname(launch.host)
        if not launch.on_one_machine and address.startswith("127."):
            address = "0.0.0.0"
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address, launch.port))
            listening.listen(launch.count)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        mend = "MASTER_ADDR is to be the address of rank 0's machine, and the port behind MASTER_PORT free there"
        raise LaunchError(f"{launch.told}, and rank 0 cannot wait at {launch.host}:{launch.port} ({error.strerror}): {mend}") from error
    return listening


Challenge = Callable[[Connection, bytes], object]


def _met(
    knocking: socket.socket, secret: bytes, first: Challenge, second: Challenge, own: Announced | None = None
) -> tuple[Announced, socket.socket]:
    """Each proves to the other that it knows the secret, without telling it. own: what is announced; else it is listened for."""
    connected = socket.socket(fileno=os.dup(knocking.fileno()))
    patience = struct.pack("ll", int(PROVE_SECONDS), 0)
    for option, value in ((socket.SO_RCVTIMEO, patience), (socket.SO_KEEPALIVE, 1)):
        connected.setsockopt(socket.SOL_SOCKET, option, value)
    try:
        with Connection(knocking.detach()) as proving:
            first(proving, secret)
            second(proving, secret)
            if own is not None:
                proving.send_bytes(msgspec.json.encode(own))
            announced = own or msgspec.json.decode(proving.recv_bytes(LONGEST_BYTES), type=Announced)
    except BaseException:
        connected.close()
        raise
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 0))
    return announced, connected


def _gateway(connected: socket.socket, name: str) -> Gateway:
    spec: Any = execnet.XSpec(f"socket//id={name}")
    return Gateway(SocketIO(connected, get_execmodel("thread")), spec)


def _ranks(numbers: list[int]) -> str:
    return f"rank {numbers[0]} has" if len(numbers) == 1 else f"ranks {', '.join(map(str, numbers))} have"
