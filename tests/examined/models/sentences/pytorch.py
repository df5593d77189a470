"""Tokens with two kinds of positions, attention that is written out, and causal attention as a layer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.options import Options

LENGTH, FEATURES, HEADS, SIZE = 12, 16, 2, 8


class Attention(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(FEATURES, FEATURES)
        self.key = nn.Linear(FEATURES, FEATURES)
        self.value = nn.Linear(FEATURES, FEATURES)
        self.joined = nn.Linear(FEATURES, FEATURES)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        query, key, value = self.heads(self.query(states)), self.heads(self.key(states)), self.heads(self.value(states))
        scores = query @ key.transpose(-2, -1) / math.sqrt(SIZE)
        weights = scores.masked_fill(~mask[:, None, None], -1e9).softmax(-1)
        joined: Tensor = self.joined((weights @ value).transpose(1, 2).reshape(-1, LENGTH, FEATURES))
        return joined

    def heads(self, values: Tensor) -> Tensor:
        return values.view(-1, LENGTH, HEADS, SIZE).transpose(1, 2)


class Sentences(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.tokens = nn.Embedding(24, FEATURES)
        self.places = nn.Parameter(torch.randn(LENGTH + 2, FEATURES))
        self.before = nn.LayerNorm(FEATURES)
        self.written = Attention()
        self.between = nn.LayerNorm(FEATURES)
        self.layer = nn.MultiheadAttention(FEATURES, HEADS, batch_first=True)
        self.behind = nn.LayerNorm(FEATURES)
        self.classes = nn.Linear(FEATURES, options.classes)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        states = self.tokens(tokens) * 4.0 * mask.unsqueeze(-1)
        states = states + self.places[1 : LENGTH + 1]
        states = self.before(states + waves().to(states))
        states = self.between(states + functional.dropout(self.written(states, mask), 0.1, self.training))
        hidden = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
        attended, _ = self.layer(states, states, states, attn_mask=hidden)
        states = self.behind(states + attended)
        logits: Tensor = self.classes(states.mean(1))
        return logits


def waves() -> Tensor:
    """Sines and cosines in turn, of each place."""
    places = torch.arange(LENGTH, dtype=torch.float64)[:, None]
    rates = 100.0 ** (-torch.arange(0, FEATURES, 2, dtype=torch.float64) / FEATURES)
    return torch.stack([(places * rates).sin(), (places * rates).cos()], -1).flatten(1)


def network(options: Options) -> nn.Module:
    return Sentences(options)
