"""Data-parallel training by torch.distributed: DistributedDataParallel, over NCCL on GPUs and gloo on CPUs."""

from __future__ import annotations

import datetime
import os
from typing import Any

import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.training import TrainStep
from harness.frameworks.ranks import Rank
from harness.record.fairness import Source

# By default gloo listens where this machine's own name leads to, which may be an address that no other machine can reach.
INTERFACE_VARIABLES = ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME")  # https://docs.pytorch.org/docs/stable/distributed.html


def join(rank: Rank) -> None:
    interface = rank.interface()
    for variable in INTERFACE_VARIABLES if interface else ():
        os.environ.setdefault(variable, interface)
    torch.distributed.init_process_group(
        "nccl" if device.name() != "cpu" else "gloo",
        init_method=f"tcp://{rank.addresses[0]}",
        rank=rank.number,
        world_size=rank.count,
        timeout=datetime.timedelta(seconds=rank.timeout_seconds),
    )


def data_parallel(setup: Setup) -> DataParallelStep:
    work = DataParallelStep(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class DataParallelStep(TrainStep):
    """The train step with its network wrapped, as PyTorch's tutorial has it: the gradients are exchanged while the backward pass runs."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        # By habit the first rank's running statistics are sent to all before each forward pass.
        self.parallel = DistributedDataParallel(self.network, broadcast_buffers=Source.LOOP not in setup.neutral)
        self.exchanged_bytes = sum(parameter.numel() * parameter.element_size() for parameter in self._trained)

    def loss_of_batch(self, inputs: Any, targets: Any) -> Any:
        with device.arithmetic(self._setup):
            outputs = network.call(self.parallel, inputs)
        return self.loss_function.mean(outputs, targets)

    def gradient_norm(self) -> float:
        gradients = self._gradients()
        for gradient in gradients:
            torch.distributed.all_reduce(gradient)
        return float(torch.nn.utils.get_total_norm(gradients)) / int(torch.distributed.get_world_size())

    def without_exchange(self) -> WithoutExchange:
        return WithoutExchange(self)

    def exchange(self) -> Exchange:
        return Exchange(self._trained)


class WithoutExchange:
    """The same step, each rank by itself, as gradient accumulation has it between two exchanges."""

    def __init__(self, step: DataParallelStep) -> None:
        self._step = step

    def step(self) -> None:
        with self._step.parallel.no_sync():
            self._step.step()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._step.loss)

    def close(self) -> None:
        """The step is closed by its owner."""


class Exchange:
    """The sum of as many values as the gradients have, in buckets of DistributedDataParallel's own sizes."""

    def __init__(self, trained: list[Any]) -> None:
        self._buckets = [torch.zeros(sum(each.numel() for each in bucket), device=device.name()) for bucket in _buckets(trained)]

    def step(self) -> None:
        for pending in [torch.distributed.all_reduce(bucket, async_op=True) for bucket in self._buckets]:
            pending.wait()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._buckets[0][0])

    def close(self) -> None:
        self._buckets = []


def _buckets(trained: list[Any]) -> list[list[Any]]:
    """As DistributedDataParallel makes them: a first one of 1 MiB, so that the exchange begins early, then some of 25 MiB."""
    limits = [torch.distributed._DEFAULT_FIRST_BUCKET_BYTES, 25 * 2**20]
    places, _ = torch.distributed._compute_bucket_assignment_by_size(list(reversed(trained)), limits)
    ordered = list(reversed(trained))
    return [[ordered[place] for place in bucket] for bucket in places]
