"""Where two networks part, and why: what an examination of a model finds, without a framework's own types."""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec

from harness.record.check import FARTHEST

EXAMINATIONS_FOLDER = "equal-work"  # of examinations, beside the runs of pytest-benchmark's storage


class Part(StrEnum):
    """Of the computation, in the order in which it is gone through."""

    INFERENCE = "inference"
    TRAINING = "training"  # the forward pass and the loss in training mode
    GRADIENTS = "gradients"  # of the first step
    STATISTICS = "statistics"  # what norms have measured after it
    STEP = "step"  # the weights after it
    STEPS = "steps"  # the weights after twenty


class Known(msgspec.Struct, frozen=True):
    """What is known of an entry of the catalogue, for whoever is told a reason."""

    title: str
    symptom: str  # what a user sees
    mends: dict[str, str]  # by framework: what to write there


class Reason(msgspec.Struct, frozen=True):
    """Recomputing under it makes the two agree."""

    entry: str  # of the catalogue
    told: str  # what each side does
    operation: str = ""  # that was recomputed, where it is another than the parting's


class Parting(msgspec.Struct, frozen=True):
    """A place where what goes in agrees, and what comes out does not."""

    part: Part
    layer: str  # its canonical name, or the name of the module; "" for the network itself
    operation: str  # of the original's, with its settings
    other_layer: str  # path of the other framework's
    other_operation: str
    entered: float  # how far apart what goes in is: root mean square of the difference, in standard deviations
    left: float  # the same of what comes out; infinite where that has no size: other sizes, or values that are not finite
    reasons: tuple[Reason, ...]  # that hold together; empty: none of the catalogue's
    ruled_out: tuple[str, ...] = ()  # entries that were tried where none holds
    inherent: bool = False  # the frameworks differ there whatever one writes: it is told, and no fault
    depth: int = -1  # how many points of its part's line come before it; negative: it is one of them, by its layer

    def __post_init__(self) -> None:
        for name in ("entered", "left"):
            msgspec.structs.force_setattr(self, name, _finite(getattr(self, name)))

    @property
    def is_explained(self) -> bool:
        return bool(self.reasons)


class Point(msgspec.Struct, frozen=True):
    """One of the compared values, for the picture of difference against depth."""

    layer: str
    operation: str
    apart: float  # infinite where it has no size

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "apart", _finite(self.apart))


class Line(msgspec.Struct, frozen=True):
    """Of one part in one precision, in the order of the computation."""

    part: Part
    precision: str
    points: tuple[Point, ...]


class Examination(msgspec.Struct, frozen=True):
    """Of one model and two frameworks."""

    model: str
    title: str
    frameworks: tuple[str, str]  # the original's first
    partings: tuple[Parting, ...]
    lines: tuple[Line, ...]  # of each part that was compared, though one may have no points
    known: dict[str, Known] = {}  # by entry: those that the reasons name
    environments: dict[str, dict[str, str]] = {}  # by framework: versions and device
    layers: int = 0  # that were compared
    notes: tuple[str, ...] = ()  # what could not be gone through, and why
    weak: tuple[str, ...] = ()  # what was compared and proves little
    failure: str = ""  # why there is nothing: then all else is empty
    seconds: dict[str, float] = {}

    @property
    def faults(self) -> tuple[Parting, ...]:
        return tuple(each for each in self.partings if not each.inherent)

    @property
    def agrees(self) -> bool:
        return not self.faults and not self.failure


def _finite(apart: float) -> float:
    """JSON has no infinity and no NaN."""
    return apart if math.isfinite(apart) else FARTHEST
