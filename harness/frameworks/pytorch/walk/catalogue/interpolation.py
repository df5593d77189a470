"""Resizing by any kernel: of each axis by a matrix, whose rows say of which places a value is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

EDGES, CENTRES, CORNERS = "edges", "centres", "corners"  # what of pixels lies on one another in the small and the large image
REPEATED, KEYS = "repeated", "keys"  # a cubic kernel: PyTorch's, the border repeated; TensorFlow's, by Keys (1981), without the border
SLOPES = {REPEATED: -0.75, KEYS: -0.5}


def to(sizes: Sequence[int], kind: str, lie: str, cubic: str = REPEATED) -> Callable[[Any], Any]:
    """kind: nearest, linear or cubic. The first two axes are left as they are."""

    def resized(values: Any) -> Any:
        for axis, size in enumerate(sizes, 2):
            matrix = _matrix(values.shape[axis], size, kind, lie, cubic).to(values)
            values = torch.tensordot(values, matrix, dims=([axis], [1])).movedim(-1, axis)
        return values

    return resized


def _matrix(given: int, made: int, kind: str, lie: str, cubic: str) -> Any:
    places = _places(given, made, lie)
    if kind == "nearest":
        nearest = places.floor() if lie == EDGES else (places + 0.5).floor()
        return torch.nn.functional.one_hot(nearest.long().clamp(0, given - 1), given).double()
    if kind == "linear":
        places = places.clamp(0, given - 1)
    first = places.floor().long()
    reach = (0, 1) if kind == "linear" else (-1, 0, 1, 2)
    matrix = torch.zeros(made, given, dtype=torch.float64)
    for step in reach:
        at = first + step
        weight = _linear(places - at) if kind == "linear" else _cubic(places - at, SLOPES[cubic])
        if kind == "cubic" and cubic == KEYS:
            weight = weight * ((at >= 0) & (at < given))
        matrix.scatter_add_(1, at.clamp(0, given - 1).unsqueeze(1), weight.unsqueeze(1))
    return matrix / matrix.sum(1, keepdim=True)


def _places(given: int, made: int, lie: str) -> Any:
    """Of what is made, in what is given; in float32, as TensorFlow computes them whatever the values are."""
    numbers = torch.arange(made, dtype=torch.float32)
    if lie == CORNERS:
        return (numbers * _scale(given - 1, max(1, made - 1))).double()
    scale = _scale(given, made)
    return (numbers * scale if lie == EDGES else (numbers + 0.5) * scale - 0.5).double()


def _scale(given: int, made: int) -> Any:
    return torch.tensor(given, dtype=torch.float32) / made


def _linear(distance: Any) -> Any:
    return (1 - distance.abs()).clamp_min(0)


def _cubic(distance: Any, slope: float) -> Any:
    size = distance.abs()
    near = ((slope + 2) * size - (slope + 3)) * size * size + 1
    far = ((slope * size - 5 * slope) * size + 8 * slope) * size - 4 * slope
    return torch.where(size <= 1, near, torch.where(size < 2, far, 0.0))
