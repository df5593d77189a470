"""Modules in modules, one that is called twice, and activations that change their input in its place."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.options import Options


class Block(nn.Module):  # type: ignore[misc]
    """Its convolution is computed twice, with one norm behind each time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.twice = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        inner = functional.relu(self.norm(self.twice(features)), inplace=True)
        inner = self.norm(self.twice(inner))
        inner += features
        return torch.relu_(inner)


class Nested(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Hardtanh(0, 1, inplace=True), nn.AvgPool2d(2))
        self.soft = nn.AvgPool2d(3, stride=1, padding=1)
        self.stages = nn.ModuleList([Block(8), Block(8)])
        self.down = nn.Conv2d(8, 12, 3, stride=2)
        self.top = nn.MaxPool2d(2, ceil_mode=True)
        self.first = nn.Linear(12, 12)
        self.branches = nn.ModuleList([nn.Linear(12, 6), nn.Linear(12, 6)])
        self.classes = nn.Linear(12, options.classes)

    def forward(self, image: Tensor) -> Tensor:
        features = self.soft(self.stem(image))
        for stage in self.stages:
            features = stage(features)
        features = self.top(functional.silu(self.down(features), inplace=True))
        pooled = functional.elu(self.first(features.mean((2, 3))))
        left, right = (branch(pooled) for branch in self.branches)
        logits: Tensor = self.classes(torch.cat([left.sigmoid() * right, right], -1))
        return logits


def network(options: Options) -> nn.Module:
    return Nested(options)
