"""A rank: one of the processes that train one network together."""

from __future__ import annotations

import os
import socket

import msgspec
import psutil

NCCL_INTERFACE = "NCCL_SOCKET_IFNAME"  # environment variable: the beginnings of devices' names, or behind = whole ones


class Rank(msgspec.Struct, frozen=True):
    """One of the processes that share a batch: each computes a part of it, and all take the mean of their gradients."""

    number: int  # from 0 on
    addresses: tuple[str, ...]  # HOST:PORT of each rank, free to be listened at; the first one's is where all meet
    timeout_seconds: float  # to meet, and for each exchange, where a framework's own deadline costs nothing

    @property
    def count(self) -> int:
        return len(self.addresses)

    def part(self, items: int) -> slice:
        """Of a batch of so many items, as many for each rank."""
        each = items // self.count
        return slice(self.number * each, (self.number + 1) * each)

    def interface(self) -> str:
        """Which of this machine's network devices has the rank's own address; "" where none has."""
        host, _, _ = self.addresses[self.number].rpartition(":")
        try:
            own = socket.gethostbyname(host)
        except OSError:
            return ""
        devices = psutil.net_if_addrs().items()
        return next((name for name, given in devices if any(each.address == own for each in given)), "")

    def direct_nccl(self) -> None:
        """To the network of the rank's own address, where nobody has said another: each framework has an NCCL of its own, which by itself
        may take one that the other's does not.
        """
        interface = self.interface()
        if interface:
            os.environ.setdefault(NCCL_INTERFACE, f"={interface}")
