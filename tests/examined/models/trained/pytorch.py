"""A small network with all that training alone shows: a batch norm, a loss and an optimiser of its own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.options import Options


class Trained(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, bias=False)  # one before a norm has no gradient but rounding
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.AvgPool2d(7)
        self.hidden = nn.Linear(32, 16)
        self.classes = nn.Linear(16, options.classes)

    def forward(self, image: Tensor) -> Tensor:
        features = self.norm(self.stem(image)).relu()
        pooled = self.pool(features).permute(0, 2, 3, 1).flatten(1)
        logits: Tensor = self.classes(self.hidden(pooled).tanh())
        return logits


def network(options: Options) -> nn.Module:
    return Trained(options)


def loss(logits: Tensor, label: Tensor) -> Tensor:
    return functional.cross_entropy(logits, label)


def optimizer(parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=1e-3, eps=1e-12, weight_decay=0.05)
