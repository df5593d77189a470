"""Images made larger and smaller in each way that both frameworks have."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.options import Options


class Resized(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.wide = nn.Conv2d(8, 8, 3, padding=1)
        self.small = nn.Conv2d(8, 8, 3, padding=1)
        self.smooth = nn.Conv2d(8, 8, 3, padding=1)
        self.near = nn.Conv2d(8, 12, 3, padding=1)
        self.shuffled = nn.Conv2d(3, 8, 3, padding=1)
        self.classes = nn.Linear(8, options.classes)

    def forward(self, image: Tensor) -> Tensor:
        values = self.wide(functional.interpolate(self.stem(image), scale_factor=2, mode="bilinear"))
        values = self.small(functional.interpolate(values, size=6, mode="bilinear", antialias=True))
        values = self.smooth(functional.interpolate(values, size=9, mode="bicubic", antialias=True))
        values = self.near(functional.interpolate(values, scale_factor=2))
        values = self.shuffled(functional.pixel_shuffle(values, 2))
        logits: Tensor = self.classes(values.mean((2, 3)))
        return logits


def network(options: Options) -> nn.Module:
    return Resized(options)
