"""Checks of what was computed, and the receipt that they make."""

from __future__ import annotations

import math
import sys

import msgspec

FARTHEST = sys.float_info.max  # JSON has no infinity and no NaN: what is infinitely far off is as far as a number can say


class Check(msgspec.Struct, frozen=True):
    """One comparison of what was computed: by two frameworks, or by a model before it was saved and after it was loaded."""

    name: str
    difference: float
    tolerance: float
    unit: str
    weak: str = ""  # why it could hardly fail, and the mend; "" where it could
    why: str = ""  # what is to be told in the place of a difference that has no size, such as one of shapes

    def __post_init__(self) -> None:
        if not math.isfinite(self.difference):
            msgspec.structs.force_setattr(self, "difference", FARTHEST)

    @property
    def holds(self) -> bool:
        return self.difference < FARTHEST and self.difference <= self.tolerance

    @property
    def told(self) -> str:
        if self.why:
            return f"{self.name}: {self.why}"
        size = f"{self.difference:.2g}" if self.difference < FARTHEST else "more than any number"
        return f"{self.name} differ by {size} {self.unit}, tolerance {self.tolerance:.2g}"


class EqualWork(msgspec.Struct, frozen=True):
    """The receipt that all frameworks were given, and did, the same work."""

    reference: str  # the framework compared with
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)
