"""What the framework whose names and layouts are the canonical ones offers beside `contract.Framework`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from fixtures.models.layers import Facts
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup


class Original(Protocol):
    """A module of the framework whose names and layouts are the canonical ones (`Listing.original`). On the CPU, whatever there is."""

    def seeded(self, setup: Setup) -> Weights:
        """Of the network as its code builds it from the experiment's seed, calibrated so that items differ in the outputs."""

    def read(self, setup: Setup, path: Path) -> Weights:
        """The user's own, of a `.safetensors` or a `.pt` with nothing but tensors in it. Raises WeightsError where they do not fit."""

    def downloaded(self, setup: Setup) -> Weights:
        """What the model's `pretrained` gives. Raises Unsupported and ModelError."""

    def facts(self, setup: Setup, weights: Weights) -> Facts:
        """Of the network with these weights. Raises WeightsError where they do not fit it."""
