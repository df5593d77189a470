"""A walk whose values are counted while they live. Runs in PyTorch's interpreter."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import nn

from harness.frameworks.pytorch.walk.forward import walked
from harness.frameworks.pytorch.walk.mode import Walk
from harness.frameworks.pytorch.walk.nearest import Nearest, sketch_of
from harness.frameworks.pytorch.walk.search import Searches
from harness.frameworks.tape import Record, Tape
from harness.record.parting import Part

LAYERS = 60


class Counted(Walk):
    """Of what calls have given."""

    made: list[weakref.ref[Any]]
    most: int

    def done(self, call: Any) -> None:
        super().done(call)
        self.made += [weakref.ref(value.tensor) for value in call.outputs]
        self.most = max(self.most, sum(each() is not None for each in self.made))


def held() -> tuple[int, int, int]:
    """Of a network that is the other one: how many values it has, how many live at once, and how many partings there are."""
    torch.manual_seed(0)
    network = nn.Sequential(*(layer for _ in range(LAYERS) for layer in (nn.Linear(8, 8), nn.Tanh()))).double()
    data = torch.randn(4, 8, dtype=torch.float64)
    tape = _tape(network, data)
    walks: list[Counted] = []

    def begin(kept: int, searches: Searches) -> Walk:
        walk = Counted(Part.INFERENCE, network, tape, (), {}, Nearest(tape), kept, searches)
        walk.made, walk.most = [], 0
        walk.follow(data)
        walks.append(walk)
        return walk

    _, found = walked(tape, begin, lambda: {"output": network(data)})
    return len(walks[-1].made), walks[-1].most, len(found.partings)


def _tape(network: nn.Sequential, values: Any) -> Tape:
    """As another framework would have computed it."""
    records = [Record("input", "", (), sketch_of(values))]
    with torch.no_grad():
        for layer in network:
            values = layer(values)
            records.append(Record(type(layer).__name__, "", (len(records) - 1,), sketch_of(values)))
    return Tape("other", tuple(records), (), {"output": len(records) - 1})
