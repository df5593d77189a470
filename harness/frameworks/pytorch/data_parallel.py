"""Data-parallel training by torch.distributed: DistributedDataParallel, over NCCL on GPUs and gloo on CPUs."""

from __future__ import annotations

import contextlib
import datetime
import functools
import inspect
import os
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel

from fixtures.models.description import ModelError
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import batches, compiler, device, network, synchronized
from harness.frameworks.pytorch.training import TrainStep, free, norms_of
from harness.frameworks.ranks import Rank
from harness.record.case import Execution
from harness.record.exchange import ACCUMULATED, PARTS, SYNCHRONIZED
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

# What DistributedDataParallel is told for an exchange of the listing; nothing for the others.
TOLD: dict[str | None, dict[str, Any]] = {
    "buckets_1_mib": {"bucket_cap_mb": 1},
    "buckets_100_mib": {"bucket_cap_mb": 100},
    "gradient_views": {"gradient_as_bucket_view": True},
}
# By habit the first rank's running statistics are sent to all before each forward pass. The setting's former name is warned of.
KNOWN = inspect.signature(DistributedDataParallel).parameters
SENDS_BUFFERS = "forward_sync_buffers" if "forward_sync_buffers" in KNOWN else "broadcast_buffers"
NAMED = 3  # tensors that a message names
UNFINISHED = "Expected to have finished reduction in the prior iteration"  # begins what is raised where a gradient has never come
# By default gloo listens where this machine's own name leads to, which may be an address that no other machine can reach.
GLOO_INTERFACE = "GLOO_SOCKET_IFNAME"  # https://docs.pytorch.org/docs/stable/distributed.html


def join(rank: Rank) -> None:
    backend = "gloo" if device.name() == "cpu" else "nccl"
    if not torch.distributed.is_available() or not torch.distributed.is_backend_available(backend):
        raise Unsupported(
            f"this build of PyTorch ({torch.__version__}) has no torch.distributed with {backend}: it cannot exchange gradients"
        )
    rank.direct_nccl()
    interface = rank.interface()
    if interface:
        os.environ.setdefault(GLOO_INTERFACE, interface)
    torch.distributed.init_process_group(
        backend,
        init_method=f"tcp://{rank.addresses[0]}",
        rank=rank.number,
        world_size=rank.count,
        timeout=datetime.timedelta(seconds=rank.timeout_seconds),
        device_id=None if device.name() == "cpu" else torch.device(device.name()),  # a rank sees its one GPU alone
    )


def data_parallel(setup: Setup) -> DataParallelStep:
    work = AccumulatedStep(setup) if setup.case.exchange == ACCUMULATED else DataParallelStep(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class DataParallelStep(TrainStep):
    """The train step with its network wrapped, as PyTorch's tutorial has it: the gradients are exchanged while the backward pass runs.

    A compiled network is compiled inside the wrapper, whole; DDPOptimizer splits it at the buckets, so that the exchange begins before the
    backward pass ends. Around the wrapper, as the documentation has it, torch.compile leaves out a network of torch.nn's own containers.
    Exchanged bytes are the gradients', and for synchronized batch norms their statistics' and the sums' of the gradients of those. What
    the first rank sends to all by habit is summed by nobody.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        if setup.case.exchange == SYNCHRONIZED:
            self.network = synchronized.converted(self.network)
        wrapped, self.mean = self.network, self.loss_function.mean
        if setup.case.execution is Execution.COMPILED:
            wrapped, self.mean, self.forward = compiler.whole(self.network), compiler.whole(self.mean), self.loss_of_batch
        told = TOLD.get(setup.case.exchange, {}) | ({SENDS_BUFFERS: False} if Source.LOOP in setup.neutral else {})
        self.parallel = DistributedDataParallel(wrapped, device_ids=None if device.name() == "cpu" else [0], **told)
        self.called = self.parallel
        if setup.case.execution is Execution.COMPILED:
            self.called = compiler.proven(self.parallel, functools.partial(setattr, self, "called"))
        self._norms = synchronized.norms(self.network)
        self._statistics = [2 * norm.num_features for norm in self._norms]  # forward, and as many backward
        gradients = sum(parameter.numel() * parameter.element_size() for parameter in self._trained)
        self.exchanged_bytes = gradients + 2 * sum(self._statistics) * torch.float32.itemsize

    def loss_of_batch(self, inputs: Any, targets: Any) -> Any:
        """Raises ModelError for a network that trains what its loss does not depend on."""
        try:
            with device.arithmetic(self._setup):
                outputs = network.call(self.called, inputs)
        except RuntimeError as error:
            if UNFINISHED in str(error):
                raise ModelError(self._unused()) from error
            raise
        return self.mean(outputs, targets)

    def gradient_norms(self) -> tuple[float, ...]:
        gradients = self._gradients()
        for gradient in gradients:
            torch.distributed.all_reduce(gradient)
        return tuple(norm / int(torch.distributed.get_world_size()) for norm in norms_of(gradients))

    def without_exchange(self) -> WithoutExchange:
        return WithoutExchange(self)

    def exchange(self) -> Exchange:
        return Exchange(self)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While it lasts nothing is exchanged: no gradients, no statistics, and none of the buffers that are sent by habit."""
        with self.parallel.no_sync(), synchronized.apart(self._norms):
            self.parallel.require_forward_param_sync = False  # else the first forward pass would still send them
            yield
        self.parallel.require_forward_param_sync = True

    def at_once(self) -> tuple[list[int], list[int]]:
        """How many values there are in each sum that a step waits for, and in each of those that it makes together."""
        return 2 * self._statistics, self._buckets()

    def _buckets(self) -> list[int]:
        """Values in each. With its second step the wrapper makes them anew, in the order in which it has seen the gradients come, and tells
        of them with the third; until then in the order that they are expected in, those of the last layers first.
        """
        made = self.parallel._get_ddp_logging_data().get("rebuilt_bucket_sizes")
        if made:
            return [int(size_bytes) // self._trained[0].element_size() for size_bytes in made.split(",")]
        ordered = [*reversed(self._trained)]
        first = [torch.distributed._DEFAULT_FIRST_BUCKET_BYTES] if self.parallel.bucket_bytes_cap_default else []
        places, _ = torch.distributed._compute_bucket_assignment_by_size(ordered, [*first, self.parallel.bucket_bytes_cap])
        return [sum(ordered[place].numel() for place in bucket) for bucket in places]

    def _unused(self) -> str:
        gradients = self._gradients_on(self.inputs, self.targets)
        trained = [name for name, parameter in self.network.named_parameters() if parameter.requires_grad]
        unused = [name for name, gradient in zip(trained, gradients, strict=True) if gradient is None]
        told = f"{', '.join(unused[:NAMED])}{f' and {len(unused) - NAMED} more' if len(unused) > NAMED else ''}"
        file = self._setup.model.file(network.FRAMEWORK)
        return (
            f"{file}: the loss does not depend on {told}, so that DistributedDataParallel waits for gradients that never come: "
            "let the loss depend on each tensor that trains, or set its requires_grad to False"
        )


class AccumulatedStep(DataParallelStep):
    """The gradients of parts of the rank's batch are summed, and exchanged with the last part's."""

    def load(self, batch: NativeBatch) -> None:
        super().load(batch)
        self._parts = [*zip(_split(self.inputs), _split(self.targets), strict=True)]

    def step(self) -> None:
        self.optimizer.zero_grad()
        *others, last = self._parts
        with self.parallel.no_sync():
            losses = [self._backward(*part) for part in others]
        losses.append(self._backward(*last))
        self.optimizer.step()
        self.loss = torch.stack(losses).sum()

    def _backward(self, inputs: Any, targets: Any) -> Any:
        """The part's share in the mean over the rank's batch."""
        loss = self.forward(inputs, targets) / PARTS
        loss.backward()
        return loss.detach()

    def _gradients(self) -> list[Any]:
        by_part = [self._gradients_on(*part) for part in self._parts]
        return [torch.stack(gradients).mean(0) for gradients in zip(*by_part, strict=True) if gradients[0] is not None]


class WithoutExchange:
    """The same step, each rank by itself, as gradient accumulation has it between two exchanges."""

    def __init__(self, step: DataParallelStep) -> None:
        self._step = step

    def step(self) -> None:
        with self._step.alone():
            self._step.step()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return self._step.read_back()

    def close(self) -> None:
        """The step is closed by its owner."""
        vars(self).clear()


class Exchange:
    """The sum of as many values as a step exchanges: one after the other those that it waits for, then together those that it does not."""

    def __init__(self, step: DataParallelStep) -> None:
        self._step = step
        self._together: list[Any] = []

    def step(self) -> None:
        if not self._together:  # not before: the first steps of the other work decide on the pieces
            self._waited, self._together = ([torch.zeros(size, device=device.name()) for size in sizes] for sizes in self._step.at_once())
        for values in self._waited:
            torch.distributed.all_reduce(values)
        for pending in [torch.distributed.all_reduce(values, async_op=True) for values in self._together]:
            pending.wait()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self._together[0][0])

    def close(self) -> None:
        vars(self).clear()
        free()  # what is reserved in the step's own memory is read next


def _split(tensors: Any) -> list[Any]:
    """A tensor, or several by name, in PARTS equal parts of the items."""
    if isinstance(tensors, dict):
        parts = [_split(each) for each in tensors.values()]
        return [dict(zip(tensors, part, strict=True)) for part in zip(*parts, strict=True)]
    return [*tensors.chunk(PARTS)]
