"""In PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def transposed(layer: nn.Linear, values: Tensor) -> Tensor:
    return functional.linear(values, layer.weight.t(), layer.bias)


def in_turn(layer: nn.Conv2d, values: Tensor) -> Tensor:
    """The first outputs of all groups, then the second ones."""
    weight = layer.weight.unflatten(0, (layer.groups, -1)).transpose(0, 1).flatten(0, 1)
    return functional.conv2d(values, weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)


def deviation(norm: nn.LayerNorm, values: Tensor) -> Tensor:
    """Over n - 1, epsilon added to it, as in The Annotated Transformer."""
    spread = values.std(-1, keepdim=True) + norm.eps
    return norm.weight * (values - values.mean(-1, keepdim=True)) / spread + norm.bias


def of_the_batch(norm: nn.BatchNorm2d, values: Tensor) -> Tensor:
    """The batch's statistics, in inference too."""
    return functional.batch_norm(values, norm.running_mean, norm.running_var, norm.weight, norm.bias, True, norm.momentum, norm.eps)


def one_more(norm: nn.LayerNorm, values: Tensor) -> Tensor:
    """1 added to the scale, as in Gemma."""
    return functional.layer_norm(values, norm.normalized_shape, norm.weight + 1, norm.bias, norm.eps)


def hard_swish(values: Tensor) -> Tensor:
    """By Keras' hard sigmoid of before its version 3."""
    return values * (0.2 * values + 0.5).clamp(0, 1)


def odd(values: Tensor) -> Tensor:
    """An activation that nobody knows."""
    return values * torch.cos(values)
