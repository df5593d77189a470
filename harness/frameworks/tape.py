"""What a network computes, operation by operation, small enough to travel: with it another framework's network is walked through."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from harness.frameworks.sketch import Sketch
from harness.record.parting import Parting, Point

NOWHERE = -1


class Array64(msgspec.Struct, frozen=True):
    """A float64 array on its way between processes."""

    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, values: npt.ArrayLike) -> Array64:
        held = np.ascontiguousarray(values, dtype="<f8")
        return cls(held.shape, held.tobytes())

    def to_numpy(self) -> npt.NDArray[np.float64]:
        return np.frombuffer(self.data, dtype="<f8").reshape(self.shape)


class Record(msgspec.Struct, frozen=True):
    """What one operation of the framework has given. Only what depends on the inputs is recorded."""

    operation: str  # as the framework calls it
    layer: str  # path of the innermost layer that it belongs to; "" for the network itself
    given: tuple[int, ...] = ()  # the records that went into it
    sketch: Sketch | None = None  # None: of no floating-point numbers
    coarse: bool = False  # computed in fewer digits than the network is in, as a library's operation may be whatever it is given


class Called(msgspec.Struct, frozen=True):
    """A layer that is paired with a canonical one, at the moment when it was called."""

    name: str  # canonical
    path: str
    entered: int  # the record of what went into it, or NOWHERE
    left: int  # of what it gives, before an activation of its own
    settings: dict[str, str] = {}  # as the framework's users write them


class Tape(msgspec.Struct, frozen=True):
    framework: str
    records: tuple[Record, ...]
    called: tuple[Called, ...]  # in the order of the computation; a shared layer several times
    outputs: dict[str, int]  # by name; of a training, "loss" too
    # Layers that drop out in inference, and how far apart two passes are by that. In the records nothing is dropped.
    random: dict[str, float] = {}
    unpaired: tuple[str, ...] = ()  # its layers with weights that no canonical layer is paired with: they kept their own
    spared: tuple[str, ...] = ()  # canonical tensors that its layers have no place for, as a bias
    added: tuple[str, ...] = ()  # of canonical layers: what its layers have beyond them, as a bias. It is zero, a scale one
    values: dict[int, Array64] = {}  # of the records that were asked for whole, in the canonical layout


class Trained(msgspec.Struct, frozen=True):
    """A few optimiser steps on one batch, dropout off. All by canonical names, in the canonical layout."""

    tape: Tape  # of the first step's forward pass and loss
    gradients: dict[str, Sketch]  # of the first step
    statistics: dict[str, Array64]  # what norms have measured, after the first step
    first: dict[str, Sketch]  # what the first step adds to each trained tensor
    last: dict[str, Sketch]  # what all steps add
    losses: tuple[float, ...]


class Walked(msgspec.Struct, frozen=True):
    """What the walk through the original network beside a tape has found."""

    partings: tuple[Parting, ...]
    points: tuple[Point, ...]
    layers: int  # that were compared
    wanted: tuple[int, ...] = ()  # records that are needed whole to go on: the same again with these
    notes: tuple[str, ...] = ()  # what was not gone through, and why
    weak: str = ""  # why the comparison proves little; "" where it does not
