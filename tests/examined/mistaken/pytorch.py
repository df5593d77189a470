"""In PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def gates_exchanged(lstm: nn.LSTM, values: Tensor, states: Any) -> Any:
    """The gates as input, cell, forget, output: TensorFlow 1's order."""
    return _with_weights(lstm, values, states, lambda weight: torch.cat([weight.chunk(4)[gate] for gate in (0, 2, 1, 3)]))


def forgetting(lstm: nn.LSTM, values: Tensor, states: Any) -> Any:
    """1 added to the forget gate in each step, as TensorFlow 1 did."""
    added = torch.zeros_like(lstm.bias_hh_l0)
    added[lstm.hidden_size : 2 * lstm.hidden_size] = 1
    return _with_weights(lstm, values, states, lambda weight: weight + added / 2 if weight.ndim == 1 else weight)


def _with_weights(lstm: nn.LSTM, values: Tensor, states: Any, change: Callable[[Tensor], Tensor]) -> Any:
    weights = [change(weight) for weight in lstm.all_weights[0]]
    outputs, *left = torch._VF.lstm(values, states, weights, True, 1, 0.0, False, False, True)
    return outputs, tuple(left)


def heads_last(values: Tensor, heads: int) -> Tensor:
    """Features split as size × heads."""
    return values.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)


def blocks_first(values: Tensor) -> Tensor:
    """A pixel shuffle by two, as TensorFlow's depth_to_space does it."""
    return functional.pixel_shuffle(values.unflatten(1, (4, -1)).transpose(1, 2).flatten(1, 2), 2)
