"""What a worker has computed for the check of equal work, on its way to pytest."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

TRACED_BATCHES = 4  # of a pipeline, its first ones


class Array(msgspec.Struct, frozen=True):
    """A float32 array on its way between processes."""

    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Array:
        return cls(values.shape, np.ascontiguousarray(values, dtype="<f4").tobytes())

    def to_numpy(self) -> npt.NDArray[np.float32]:
        return np.frombuffer(self.data, dtype="<f4").reshape(self.shape)


class PixelTrace(msgspec.Struct, frozen=True):
    """What a framework's loader makes of the corpus."""

    pixels: Array  # (images, height, width, channel), normalised: of the pipeline's first batches
    taken: tuple[int, ...]  # the labels of those images
    labels: dict[str, int]  # of all training files, by its own data set


class OutputTrace(msgspec.Struct, frozen=True):
    outputs: dict[str, Array]  # by name


class TrainingTrace(msgspec.Struct, frozen=True):
    """What a framework computes in a few optimiser steps on one batch, dropout off."""

    losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]  # of each trained tensor before the first step, in the framework's own order
    running_means: Array  # of all batch norms after the first step: later ones differ by what Adam makes of a rounding error
    updates: dict[str, Array]  # of each trained tensor by its canonical name: what the steps added, at most SAMPLE of its values
    ranks_apart: float = 0.0  # of several ranks: how far their weights are apart after the steps, of what the steps added

    @property
    def gradient_norm(self) -> float:
        """L2 over all tensors."""
        return math.hypot(*self.gradient_norms)


class Rounding(msgspec.Struct, frozen=True):
    """How far apart the network computes in the case's precision and in the next better one, by what equal work is checked by.

    The distances are those of `worker.distances`. `why`: where it could not be told, the reason; then all are 0.
    """

    outputs: dict[str, float] = {}  # of each by its name
    losses: float = 0.0
    gradient_norm: float = 0.0
    running_means: float = 0.0
    updates: float = 0.0
    why: str = ""
