"""Batch norms that take the statistics of all ranks."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed
from torch.nn.modules.batchnorm import _BatchNorm

from harness.frameworks.pytorch import device
from harness.record.outcome import Unsupported


def converted(built: Any) -> Any:
    """The network with its batch norms by torch.nn.SyncBatchNorm; on CPUs, where that refuses, by one of our own.

    Raises Unsupported where the network has none that takes a batch's statistics.
    """
    if device.name() != "cpu":
        built = torch.nn.SyncBatchNorm.convert_sync_batchnorm(built)
    else:
        for module in built.modules():
            if isinstance(module, _BatchNorm):
                module.__class__ = GatheredNorm
    if not norms(built):
        raise Unsupported("the network has no batch norm that takes a batch's statistics: there are none to synchronize")
    return built


def norms(built: Any) -> list[Any]:
    """Those that exchange statistics: a frozen one does not."""
    return [module for module in built.modules() if isinstance(module, torch.nn.SyncBatchNorm | GatheredNorm) and module.training]


@contextlib.contextmanager
def apart(synchronized: list[Any]) -> Iterator[None]:
    """While it lasts each rank's norms take its own statistics."""
    for norm in synchronized:
        norm.forward = types.MethodType(_BatchNorm.forward, norm)
    try:
        yield
    finally:
        for norm in synchronized:
            del norm.forward


class GatheredNorm(_BatchNorm):  # type: ignore[misc]
    """For CPUs: torch.nn.SyncBatchNorm wants a GPU. It exchanges the same: statistics forward, the sums of their gradients backward.

    Every rank has as many items.
    """

    def forward(self, values: Any) -> Any:
        if not self.training:
            return super().forward(values)
        axes = [axis for axis in range(values.ndim) if axis != 1]
        variance, mean = torch.var_mean(values, axes, correction=0)
        mean, variance = OfAllRanks.apply(mean, variance)
        self._track(mean.detach(), variance.detach(), values.numel() // mean.numel() * torch.distributed.get_world_size())
        scale = torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            scale = scale * self.weight
        offset = -mean * scale
        if self.bias is not None:
            offset = offset + self.bias
        of_channels = [-1 if axis == 1 else 1 for axis in range(values.ndim)]
        return torch.addcmul(offset.view(of_channels), values, scale.view(of_channels))

    def _check_input_dim(self, values: Any) -> None:
        """Of any number of axes, as torch.nn.SyncBatchNorm."""

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _track(self, mean: Any, variance: Any, items: int) -> None:
        if self.running_mean is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * (items / (items - 1)), share)


class OfAllRanks(torch.autograd.Function):  # type: ignore[misc]
    """Mean and variance of all ranks' values from those of each. The variance of the means adds to the mean of the variances."""

    @staticmethod
    def forward(context: Any, mean: Any, variance: Any) -> Any:
        own = torch.stack([mean, variance])
        gathered = [torch.empty_like(own) for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather(gathered, own)
        means, variances = torch.stack(gathered).unbind(1)
        of_all = means.mean(0)
        context.save_for_backward(mean - of_all)
        return of_all, (variances + (means - of_all).square()).mean(0)

    @staticmethod
    def backward(context: Any, of_mean: Any, of_variance: Any) -> Any:
        """What all ranks' losses change with this rank's mean and variance."""
        (from_all,) = context.saved_tensors
        gradients = torch.stack([of_mean, of_variance])
        torch.distributed.all_reduce(gradients)
        of_mean, of_variance = gradients / torch.distributed.get_world_size()
        return of_mean + 2 * from_all * of_variance, of_variance
