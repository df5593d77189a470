"""Which of the other framework's values is the nearest to one of ours, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from harness.frameworks.sketch import NOTHING, ROWS, Sketch
from harness.frameworks.tape import NOWHERE, Tape

# Of float64 networks, in scales of the value. Rounding is at 1e-16 and grows by a few times with each operation, where the rounding of what
# goes in does; the least fault that was seen, an epsilon of 1.001e-5 in the place of 1e-5 at a variance of 1, makes 5e-9.
EXACT = 1e-11
GROWTH = 100.0
MOST = 1e-3  # however much rounding has grown: what is farther apart is told as a place
STEADY = 0.1  # of that, for a norm that measures nothing: it is a factor for each channel, by which rounding was seen to grow by 1.21
COARSE = 3e-7  # of what a library computes in float32, or by a constant of that, whatever it is given
SINGLE = 3e-5  # of networks that cannot be computed in float64
MASKED = -1e6  # scores that a mask is added to: beside it no difference of the others would show


class Nearest:
    def __init__(self, tape: Tape, is_exact: bool = True, among: Iterable[int] | None = None) -> None:
        """among: the records that are looked at; None: all."""
        self._tape = tape
        self._is_exact = is_exact
        self._least = EXACT if is_exact else SINGLE
        by_count: dict[int, list[tuple[int, Sketch]]] = {}
        for place in range(len(tape.records)) if among is None else among:
            record = tape.records[place]
            if record.sketch is not None:
                by_count.setdefault(record.sketch.count, []).append((place, record.sketch))
        self._sketches = by_count
        self._numbers: dict[int, tuple[Any, Any, Any]] = {}
        self.required = NOWHERE  # the one record that is looked for: to be it is evidence, wherever else it is

    def only(self, record: int) -> Nearest:
        found = Nearest(self._tape, self._is_exact, [record])
        found.required = record
        return found

    def allowed(self, entered: float, is_coarse: bool) -> float:
        """entered: how far apart the values were that went in."""
        return max(self._least, min(MOST, GROWTH * entered), COARSE if is_coarse else 0.0)

    def of(self, sketch: Sketch) -> tuple[float, int]:
        """How far apart, and the record; infinite and NOWHERE where none has so many values."""
        if sketch.count not in self._sketches:
            return math.inf, NOWHERE
        places, numbers, scales = self._table(sketch.count)
        scale = np.maximum(np.maximum(scales, sketch.scale), NOTHING)
        distances = np.linalg.norm(numbers - sketch.numbers[0], axis=1) / (math.sqrt(ROWS * max(1, sketch.count)) * scale)
        if not np.isfinite(distances).any():
            return math.inf, NOWHERE
        best = int(np.nanargmin(distances))
        return float(distances[best]), int(places[best])

    def agrees(self, sketch: Sketch, entered: float) -> tuple[bool, float, int]:
        apart, place = self.of(sketch)
        if sketch.least < MASKED:
            return False, apart, place
        return apart <= self.allowed(entered, place != NOWHERE and self._tape.records[place].coarse), apart, place

    def is_there_in_another_order(self, sketch: Sketch) -> bool:
        return any(sketch.holds_the_same(each, 1e-10) for _, each in self._sketches.get(sketch.count, []))

    def _table(self, count: int) -> tuple[Any, Any, Any]:
        if count not in self._numbers:
            found = self._sketches[count]
            layouts = [(place, row, sketch.scale) for place, sketch in found for row in sketch.numbers]
            self._numbers[count] = (
                np.array([place for place, _, _ in layouts]),
                np.stack([row for _, row, _ in layouts]),
                np.array([scale for _, _, scale in layouts]),
            )
        return self._numbers[count]


def sketch_of(tensor: Any) -> Sketch:
    with torch.no_grad():
        return Sketch.of(tensor.detach().to(torch.float64).cpu().contiguous().numpy())
