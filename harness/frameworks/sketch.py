"""A few hundred numbers that stand for a tensor: enough to tell how far two are apart, without bringing both to one place.

The values, in rows of COLUMNS, are summed by ROWS different sets of random signs, the same for all tensors: the AMS sketch of Alon, Matias
and Szegedy (1996). It is linear, so the difference of two sketches is the sketch of the difference, and the square of its norm has the
square of the difference's norm as its mean. Each value counts: a single one that differs shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

COLUMNS = 32
ROWS = 8
# Rows of values that are summed at once: OpenBLAS computes so small a product in one thread. Larger ones wake its other threads, which spin
# while they wait: beside other work that took 60 times the CPU time of a tensor of a million values.
AT_ONCE = 1024
NOTHING = 1e-300

Values = npt.NDArray[np.floating[Any]]
Numbers = npt.NDArray[np.float64]

NOWHERE_NEAR = np.full(ROWS * COLUMNS, np.nan, "<f8").tobytes()

_signs: Numbers = np.empty((ROWS, 0))


class Sketch(msgspec.Struct, frozen=True):
    shape: tuple[int, ...]
    layouts: tuple[bytes, ...]  # the sketch of the values as they lie, then of the same ones with their axes in other orders
    mean: float
    size: float  # root mean square
    least: float
    most: float

    @classmethod
    def of(cls, values: Values, orders: Iterable[tuple[int, ...]] = ()) -> Sketch:
        """In C order, and in that of the axes in each of `orders`. What is not finite makes a sketch that nothing is near to."""
        flat = _flat(values)
        if not flat.size:
            return cls(values.shape, (_buckets(flat),), 0.0, 0.0, 0.0, 0.0)
        is_finite = bool(np.isfinite(flat).all())
        layouts = (_buckets(flat), *(_buckets(_flat(values.transpose(order))) for order in orders)) if is_finite else (NOWHERE_NEAR,)
        size = math.sqrt(float(np.einsum("i,i", flat, flat)) / flat.size) if is_finite else math.inf
        return cls(values.shape, layouts, float(flat.mean()), size, float(flat.min()), float(flat.max()))

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def numbers(self) -> Numbers:
        """A row for each layout."""
        return np.stack([np.frombuffer(each, "<f8") for each in self.layouts])

    @property
    def scale(self) -> float:
        """What a difference is told in: the standard deviation; of what is constant, its size."""
        if not math.isfinite(self.size):
            return self.size
        spread = math.sqrt(max(0.0, self.size**2 - self.mean**2))
        return spread if spread > 1e-9 * self.size else self.size

    def apart(self, other: Sketch) -> float:
        """Root mean square of the difference over the larger scale, in the layout in which they are nearest.

        Infinite for what has other sizes, or is not finite.
        """
        if self.count != other.count:
            return math.inf
        differences = np.linalg.norm(self.numbers[:1] - other.numbers, axis=1)
        found = float(differences.min()) / math.sqrt(ROWS * max(1, self.count))
        if found == 0.0:
            return 0.0
        return found / max(self.scale, other.scale, NOTHING) if math.isfinite(found) else math.inf

    def holds_the_same(self, other: Sketch, within: float) -> bool:
        """Whether the values are the same but for their order, as far as their mean, size and ends can tell."""
        ends = max(abs(self.least), abs(self.most), NOTHING)
        ours, theirs = ((each.mean, each.size, each.least, each.most) for each in (self, other))
        return self.count == other.count and all(abs(one - two) <= within * ends for one, two in zip(ours, theirs, strict=True))


def _flat(values: Values) -> Numbers:
    return np.ascontiguousarray(values, np.float64).reshape(-1)


def _buckets(flat: Numbers) -> bytes:
    whole = flat.size // COLUMNS
    held, rows, rest = signs(whole + 1), flat[: whole * COLUMNS].reshape(whole, COLUMNS), flat[whole * COLUMNS :]
    sums = np.zeros((ROWS, COLUMNS))
    for begin in range(0, whole, AT_ONCE):
        end = min(begin + AT_ONCE, whole)
        sums += held[:, begin:end] @ rows[begin:end]
    sums[:, : rest.size] += np.outer(held[:, whole], rest)
    return bytes(sums.astype("<f8").tobytes())


def signs(rows: int) -> Numbers:
    """The first of endless rows of 1 and -1, the same everywhere: shape (ROWS, rows)."""
    global _signs
    if _signs.shape[1] < rows:
        count = 1 << max(12, (rows - 1).bit_length())
        generators = [np.random.Generator(np.random.PCG64(seed)) for seed in range(ROWS)]
        _signs = np.stack([each.integers(0, 2, count, np.int8) * 2.0 - 1.0 for each in generators])
    return _signs[:, :rows]
