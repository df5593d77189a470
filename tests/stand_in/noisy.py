"""A stand-in whose steps take as long as those of `steady` on the whole, and never the same time: no number of turns decides it."""

from __future__ import annotations

import math
import random
import time

from harness.frameworks.contract import Setup
from tests.stand_in import quick as quick
from tests.stand_in import undisturbed as undisturbed
from tests.stand_in.framework import StandIn, Steps

SPREAD = 0.8  # of the logarithm
STEPS_OF_A_KIND = 12  # about a block of short ones


class Noisy(Steps):
    def __init__(self, setup: Setup, seconds: float) -> None:
        super().__init__(setup, seconds)
        self._random = random.Random(20261130)
        self._factors: list[float] = []

    def step(self) -> None:
        if self._steps % STEPS_OF_A_KIND == 0:
            self._factor = self._next()
        self._steps += 1
        time.sleep(self._seconds * self._factor)

    def _next(self) -> float:
        """In pairs whose product is 1."""
        if not self._factors:
            drawn = math.exp(abs(self._random.gauss(0.0, SPREAD)))
            self._factors = [drawn, 1 / drawn]
        return self._factors.pop()


__getattr__ = StandIn(Noisy).__getattribute__
