"""A convolutional network of all that images are given to: strides, a residual block, groups, poolings, dense layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fixtures.models.options import Options

GROUPS = 4


class Images(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.stem_norm = nn.BatchNorm2d(8)
        self.slope = nn.LeakyReLU(0.1)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.narrow = nn.Conv2d(8, 8, 1, bias=False)
        self.narrow_norm = nn.BatchNorm2d(8)
        self.narrow_activation = nn.ReLU()
        self.spatial = nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False)
        self.spatial_norm = nn.BatchNorm2d(8)
        self.shortcut = nn.Conv2d(8, 8, 1, stride=2, bias=False)
        self.block_activation = nn.ReLU()
        self.depthwise = nn.Conv2d(8, 16, 3, padding=1, groups=8)
        self.hard = nn.Hardswish()
        self.grouped = nn.Conv2d(16, 16, 3, padding=2, dilation=2, groups=GROUPS)
        self.smooth = nn.SiLU()
        self.mean = nn.AvgPool2d(3, stride=2, padding=1)
        self.hidden = nn.Linear(64, 16)
        self.gelu = nn.GELU()
        self.square = nn.Linear(16, 16)
        self.square_activation = nn.Tanh()
        self.classes = nn.Linear(32, options.classes)

    def forward(self, image: Tensor) -> Tensor:
        features = self.pool(self.slope(self.stem_norm(self.stem(image))))
        inner = self.narrow_activation(self.narrow_norm(self.narrow(features)))
        inner = self.spatial_norm(self.spatial(inner))
        features = self.block_activation(inner + self.shortcut(features))
        features = self.hard(self.depthwise(features))
        features = self.mean(self.smooth(self.grouped(shuffled(features))))
        hidden = self.gelu(self.hidden(features.flatten(1)))
        square = self.square_activation(self.square(hidden))
        logits: Tensor = self.classes(torch.cat([hidden, square], 1))
        return logits


def shuffled(features: Tensor) -> Tensor:
    """The channels of each group, spread over all groups."""
    return features.unflatten(1, (GROUPS, -1)).transpose(1, 2).flatten(1, 2)


def network(options: Options) -> nn.Module:
    return Images(options)
