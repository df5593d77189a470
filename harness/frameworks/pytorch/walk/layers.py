"""How far apart what each layer gives is, in a precision in which rounding shows: nothing is looked for and nothing is put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.completed import Completed
from harness.frameworks.pytorch.walk.inference import layers_of, names_of
from harness.frameworks.pytorch.walk.nearest import sketch_of
from harness.frameworks.pytorch.walk.numbered import Numbered
from harness.frameworks.tape import Record, Tape
from harness.record.parting import Point


def layers(setup: Setup, tape: Tape) -> tuple[Point, ...]:
    device.open_device(setup)
    built = network.build(replace(setup, drops_out=True))
    comparing = Comparing(built, names_of(built), Completed(layers_of(setup), tape.called), tape.records)
    inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup), setup)
    comparing.follow(inputs)
    with torch.no_grad(), device.arithmetic(setup), comparing.passing():
        network.call(built, inputs)
    return tuple(comparing.points)


class Comparing(Numbered):
    """Each layer with weights, with the other framework's."""

    def __init__(self, built: Any, names: dict[int, str], completed: Completed, records: Sequence[Record]) -> None:
        super().__init__(built, names)
        self.points: list[Point] = []
        self._completed = completed
        self._records = records

    def done(self, call: Call) -> None:
        called = self._completed.by(call)
        other = self._records[called.left].sketch if called is not None else None
        for value in call.outputs:
            if called is not None and other is not None and value.tensor.is_floating_point() and value.tensor.numel() == other.count:
                self.points.append(Point(called.name, call.name, sketch_of(value.tensor).apart(other)))
                return
