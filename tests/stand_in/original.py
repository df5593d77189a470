"""Offers `original.Original` without a framework: notes what it is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fixtures.models.layers import Facts
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup

ASKED: list[str] = []
FLOP_PER_ITEM = {"inference": 7_000_000_000, "frozen": 8_000_000_000, "full": 21_000_000_000}


def seeded(setup: Setup) -> Weights:
    ASKED.append("seeded")
    return {"head.weight": np.full((5, 3), 0.5, np.float32), "body.weight": np.zeros(4, np.float32)}


def read(setup: Setup, path: Path) -> Weights:
    ASKED.append(f"read {path.name}")
    return {"head.weight": np.full((5, 3), len(path.read_bytes()), np.float32)}


def downloaded(setup: Setup) -> Weights:
    ASKED.append("downloaded")
    return {"body.weight": np.ones(4, np.float32)}


def facts(setup: Setup, weights: Weights) -> Facts:
    ASKED.append("facts")
    return Facts((), FLOP_PER_ITEM, {"outputs": 1.0})
