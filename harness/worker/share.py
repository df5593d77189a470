"""A rank's share of its machine: a GPU of its own, by UUID, and as many cores as every other rank has."""

from __future__ import annotations

import os
import socket

import msgspec

from harness.record.outcome import Unsupported
from harness.worker import cores, whereabouts
from harness.worker.meters.control_groups import quota_cores
from harness.worker.meters.nvml.visible import VARIABLE
from harness.worker.visible_gpus import visible_gpus

MACHINE = "machine"  # of what a rank says of itself: two may have one name
CORE_NUMBERS = "core_numbers"  # of what a rank says of itself: those of one machine may have some in common


class Share(msgspec.Struct, frozen=True):
    """Which one of how many equal shares of its machine's cores, and which GPU of those that the machine leaves it."""

    number: int = 0
    count: int = 1
    ranks: int = 1  # that have a share of the machine at the same time: the first ones of `count`
    gpu: int | None = None  # None: all that CUDA shows, as for a worker that is no rank


WHOLE = Share()


class Taken:
    """What this process has of its machine. It begins with the whole."""

    def __init__(self) -> None:
        self._share = WHOLE
        self._shared = cores.ALONE
        self._gpus: tuple[str, ...] = ()

    def take(self, share: Share) -> None:
        """Before anything is imported that counts cores or looks for GPUs."""
        self._share = share
        if share.gpu is not None:
            self._gpus = visible_gpus()
            if share.gpu < len(self._gpus):
                os.environ[VARIABLE] = self._gpus[share.gpu]
        if share.count > 1:
            divided = cores.divided(cores.present(), share.count, quota_cores())
            self._shared = cores.shared(divided[: share.ranks], cores.present())
            os.sched_setaffinity(0, divided[share.number])

    @property
    def lacks_gpu(self) -> bool:
        """Whether there are GPUs, but none for this rank."""
        return self._share.gpu is not None and 0 < len(self._gpus) <= self._share.gpu

    def expect_gpu(self) -> None:
        """Raises Unsupported where other ranks have them all."""
        if self.lacks_gpu:
            count = len(self._gpus)
            there = "there is 1 GPU" if count == 1 else f"there are {count} GPUs"
            raise Unsupported(
                f"{there} for {self._share.ranks} ranks on this machine, and NCCL takes no two ranks on one: "
                f"ask for fewer with --ranks, or hide the GPUs from all with {VARIABLE}=-1 to measure on the cores"
            )

    def told(self) -> dict[str, str]:
        """Which cores of which machine a rank has, and what they have in common with other ranks'. A container is a machine of its own."""
        return {
            MACHINE: f"{socket.gethostname()} {whereabouts.machine()}",
            CORE_NUMBERS: ",".join(map(str, sorted(os.sched_getaffinity(0)))),
            "cores_shared": self._shared,
        }


TAKEN = Taken()  # by this process
