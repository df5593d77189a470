"""What frameworks must offer so that a model can be examined: one its tape, the original one a walk beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.frameworks.contract import Setup
from harness.frameworks.tape import Tape, Trained, Walked
from harness.record.parting import Known, Part, Point


class Taped(Protocol):
    """A module that tells what a framework's network computes, operation by operation (`Listing.taped`)."""

    def inference(self, setup: Setup, wanted: Sequence[int] = ()) -> Tape:
        """Of the canonical batch. wanted: places of records that are given whole. Raises ModelError."""

    def training(self, setup: Setup, steps: int, wanted: Sequence[int] = ()) -> Trained:
        """Of so many steps on the canonical batch; the first one is on tape. Raises ModelError."""


class Walking(Protocol):
    """A module that walks through the original network beside another framework's tape (`Listing.walk`)."""

    def inference(self, setup: Setup, tape: Tape) -> Walked: ...

    def training(self, setup: Setup, trained: Trained) -> dict[Part, Walked]:
        """Of each part that could be gone through."""

    def layers(self, setup: Setup, tape: Tape) -> tuple[Point, ...]:
        """How far apart what each layer gives is, where nothing is put in its place: of a precision in which rounding shows."""

    def known(self, entries: Sequence[str], other: str) -> dict[str, Known]:
        """What the catalogue has of these; other: the framework that the original is compared with."""
