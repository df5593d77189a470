"""Patches of an image as a sequence: norms over several axes, an addition, a difference, and one place that is taken."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.options import Options


class Places(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, stride=4)
        self.grouped = nn.GroupNorm(4, 16)
        self.mixed = nn.Conv2d(16, 16, 3, padding=1, padding_mode="reflect")
        self.batch = nn.BatchNorm2d(16)
        self.before = nn.LayerNorm(16)
        self.wide = nn.Linear(16, 32)
        self.activation = nn.GELU(approximate="tanh")
        self.back = nn.Linear(32, 16)
        self.behind = nn.LayerNorm(16, eps=1e-6)
        self.compared = nn.Linear(16, 16)
        self.classes = nn.Linear(16, options.classes)

    def forward(self, image: Tensor) -> Tensor:
        features = self.grouped(self.patches(image))
        states = self.batch(self.mixed(features)).flatten(2).transpose(1, 2)
        inner = self.back(self.activation(self.wide(self.before(states))))
        states = self.behind(states + inner)
        compared = self.compared(states - states.mean(1, keepdim=True))
        logits: Tensor = self.classes(functional.relu(compared[:, -1]))
        return logits


def network(options: Options) -> nn.Module:
    return Places(options)
