"""A JPEG file to an image, and images to a normalised batch."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import interpolate
from torch.utils.data import default_collate
from torchvision import transforms
from torchvision.datasets.folder import default_loader
from torchvision.io import ImageReadMode, decode_jpeg, read_file

from fixtures.corpora.batch import MEAN, STD
from harness.frameworks.contract import NativeBatch
from harness.record.fairness import Source


class Transform:
    """The neutral one is the cheapest that both frameworks agree on (4e-5 at most).

    Gives float32: (height, width, 3) from 0 to 255 where the normalisation is neutral, it comes batch by batch then; by habit
    (3, height, width) from 0 to 1, as ToTensor has it.
    """

    def __init__(self, neutral: frozenset[Source], image_size: int) -> None:
        self._decode = exactly_decoded if Source.DECODER in neutral else default_loader
        own = functools.partial(interpolated, image_size=image_size)
        self._resize = own if Source.RESIZE in neutral else transforms.Resize((image_size, image_size))
        self._finish = rows if Source.NORMALISATION in neutral else _unit_range

    def __call__(self, file: str | Path) -> torch.Tensor:
        return self._finish(self._resize(self._decode(str(file))))


def batched(neutral: frozenset[Source], samples: list[tuple[torch.Tensor, int]]) -> NativeBatch:
    """Samples of `Transform`, and their normalisation where it comes batch by batch."""
    images, labels = default_collate(samples)  # in a worker, straight into shared memory
    return (normalised(images).permute(0, 3, 1, 2) if Source.NORMALISATION in neutral else images), labels


def exactly_decoded(file: str) -> torch.Tensor:
    """Raises ValueError for a greyscale or CMYK image: asked for RGB, the decoder would make three colours of one, or of four."""
    image = decode_jpeg(read_file(file), mode=ImageReadMode.UNCHANGED)
    if len(image) != 3:
        raise ValueError(f"{file} has {len(image)} colour components, not 3")
    return image


def interpolated(image: Any, image_size: int, antialias: bool = False) -> torch.Tensor:
    """Bilinear, without antialias if not asked: float32 (3, image_size, image_size), 0 to 255."""
    return interpolate(_tensor(image)[None].float(), (image_size, image_size), mode="bilinear", antialias=antialias)[0]


def normalised(images: torch.Tensor) -> torch.Tensor:
    """In place. Whole rows at a time: ten times faster than broadcasting over three channels."""
    width = images.shape[2]
    mean, std = (255 * torch.tensor(values).repeat(width) for values in (MEAN, STD))
    images.flatten(2).sub_(mean).div_(std)
    return images


def rows(image: Any) -> torch.Tensor:
    """float32 (height, width, 3), 0 to 255: what `normalised` takes."""
    return _tensor(image).float().permute(1, 2, 0)


def _unit_range(image: Any) -> torch.Tensor:
    return _tensor(image).float() / 255 if isinstance(image, torch.Tensor) else transforms.functional.to_tensor(image)


def _tensor(image: Any) -> torch.Tensor:
    return image if isinstance(image, torch.Tensor) else transforms.functional.pil_to_tensor(image)
