"""In PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
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


def resetting_before(gru: nn.GRU, values: Tensor) -> Tensor:
    """A GRU's cell as its first paper has it: the state is reset before the matrix product."""

    def step(given: Tensor, hidden: Tensor) -> Tensor:
        entered = functional.linear(given, gru.weight_ih_l0, gru.bias_ih_l0).chunk(3, -1)
        product = functional.linear(hidden, gru.weight_hh_l0, gru.bias_hh_l0).chunk(3, -1)
        reset, kept = (entered[0] + product[0]).sigmoid(), (entered[1] + product[1]).sigmoid()
        again = functional.linear(reset * hidden, gru.weight_hh_l0.chunk(3)[2], gru.bias_hh_l0.chunk(3)[2])
        return (1 - kept) * (entered[2] + again).tanh() + kept * hidden

    return _step_by_step(step, values, gru.hidden_size)


def hard_gates(gru: nn.GRU, values: Tensor) -> Tensor:
    """A GRU whose gates have a hard sigmoid, as Keras' had before its version 2.3."""

    def step(given: Tensor, hidden: Tensor) -> Tensor:
        entered = functional.linear(given, gru.weight_ih_l0, gru.bias_ih_l0).chunk(3, -1)
        product = functional.linear(hidden, gru.weight_hh_l0, gru.bias_hh_l0).chunk(3, -1)
        reset, kept = (functional.hardsigmoid(entered[gate] + product[gate]) for gate in (0, 1))
        return (1 - kept) * (entered[2] + reset * product[2]).tanh() + kept * hidden

    return _step_by_step(step, values, gru.hidden_size)


def _step_by_step(step: Callable[[Tensor, Tensor], Tensor], values: Tensor, features: int) -> Tensor:
    hidden, found = values.new_zeros(len(values), features), []
    for given in values.unbind(1):
        hidden = step(given, hidden)
        found.append(hidden)
    return torch.stack(found, 1)


class Dropping(nn.Module):  # type: ignore[misc]
    """Drops out in inference, too."""

    def forward(self, values: Tensor) -> Tensor:
        return functional.dropout(values, 0.5)


class Twice(nn.Linear):  # type: ignore[misc]
    """The bias added twice."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values) + self.bias


class Exchanged(nn.Conv2d):  # type: ignore[misc]
    """Height and width of the kernel exchanged."""

    def forward(self, values: Tensor) -> Tensor:
        return self._conv_forward(values, self.weight.transpose(2, 3), self.bias)


class OfTheBatch(nn.BatchNorm2d):  # type: ignore[misc]
    def forward(self, values: Tensor) -> Tensor:
        return of_the_batch(self, values)


class OneMore(nn.BatchNorm2d):  # type: ignore[misc]
    """1 added to the scale."""

    def forward(self, values: Tensor) -> Tensor:
        weight = self.weight + 1
        return functional.batch_norm(values, self.running_mean, self.running_var, weight, self.bias, False, self.momentum, self.eps)


class Activated(nn.BatchNorm2d):  # type: ignore[misc]
    """An activation before it."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values.relu())


def over_all(norm: nn.LayerNorm, values: Tensor) -> Tensor:
    """Over places and features."""
    return functional.layer_norm(values, values.shape[1:], eps=norm.eps) * norm.weight + norm.bias


def without_shortcut(block: Any) -> Any:
    """One of a residual network's."""
    layers = (block.conv1, block.bn1, block.relu, block.conv2, block.bn2, block.relu, block.conv3, block.bn3, block.relu)
    block.forward = lambda values: reduce(lambda found, layer: layer(found), layers, values)
    return block


def without_residual(layer: nn.TransformerEncoderLayer) -> nn.TransformerEncoderLayer:
    """None past its attention."""

    def forward(states: Tensor, src_key_padding_mask: Tensor) -> Tensor:
        states = layer.norm1(layer._sa_block(states, None, src_key_padding_mask))
        return layer.norm2(states + layer._ff_block(states))

    layer.forward = forward
    return layer


class WrittenOut(nn.MultiheadAttention):  # type: ignore[misc]
    axis, scale, order = -1, 1.0, (0, 1, 2)

    def forward(self, states: Tensor, *_: Tensor, key_padding_mask: Tensor, **__: Any) -> tuple[Tensor, None]:
        each = functional.linear(states, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        query, key, value = (self.split(each[place], self.num_heads) for place in self.order)
        scores = query @ key.transpose(-2, -1) * (self.scale / math.sqrt(self.head_dim))
        attended = (scores + key_padding_mask[:, None, None].clamp(-1e9)).softmax(self.axis) @ value
        return self.joined(self.out_proj, attended.transpose(1, 2).flatten(2)), None

    @staticmethod
    def split(values: Tensor, heads: int) -> Tensor:
        return values.unflatten(-1, (heads, -1)).transpose(1, 2)

    @staticmethod
    def joined(layer: nn.Linear, values: Tensor) -> Tensor:
        return layer(values)


def attending(layer: nn.TransformerEncoderLayer, **otherwise: Any) -> nn.TransformerEncoderLayer:
    """Its attention written out, with something in another way."""
    layer.self_attn.__class__ = WrittenOut
    vars(layer.self_attn).update(otherwise)
    return layer


def without_statistics(norm: nn.BatchNorm2d, values: Tensor) -> Tensor:
    """Called as a function, which is given no statistics to keep."""
    return functional.batch_norm(values, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)


def doubling(values: Tensor) -> None:
    """Of values nothing is changed, and gradients are doubled."""
    if values.requires_grad:
        values.register_hook(lambda gradient: 2.0 * gradient)
