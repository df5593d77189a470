"""The walk in inference mode."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

import torch
from msgspec.structs import replace

from fixtures.models.kept import Kept
from fixtures.models.layers import Layer
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.walk.beforehand import beforehand
from harness.frameworks.pytorch.walk.joined import joined
from harness.frameworks.pytorch.walk.mode import EndOfWalk, Walk
from harness.frameworks.pytorch.walk.nearest import Nearest
from harness.frameworks.tape import NOWHERE, Tape, Walked
from harness.record.case import Precision
from harness.record.parting import Part, Point

BLURRED = 1e-6  # of a float64 network: rounding that a badly conditioned one has made larger with each layer


def inference(setup: Setup, tape: Tape) -> Walked:
    """Dropout is as the network's code has it: what drops out in inference all the same is found."""
    device.open_device(setup)
    built = network.build(replace(setup, drops_out=True))
    walk = Walk(Part.INFERENCE, built, tape, layers_of(setup), names_of(built), Nearest(tape, setup.case.precision is Precision.FP64))
    inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup), setup)
    walk.follow(inputs)
    notes: tuple[str, ...] = ()
    wanted: tuple[int, ...] = ()
    try:
        with torch.no_grad():
            gc.collect()
            gc.freeze()  # what is there before the walk need not be looked through while it lasts
            with walk.passing():
                outputs = network.named(network.call(built, inputs))
            walk.conclude(outputs)
    except EndOfWalk as end:
        notes, wanted = ((str(end),), ()) if end.wanted == NOWHERE else ((), (end.wanted,))
    finally:
        gc.unfreeze()
    partings = (*beforehand(tape, walk.partings), *joined(walk.partings, walk.points))
    weak = blurred(walk.points) if setup.case.precision is Precision.FP64 else ""
    return Walked(partings, tuple(walk.points), len(tape.called), wanted, notes, weak)


def blurred(points: Sequence[Point]) -> str:
    """Where rounding has grown so large that what is called equal need not be; "" where it has not."""
    first = next((point for point in points if point.apart > BLURRED), None)
    if first is None:
        return ""
    return f"from {first.layer or first.operation} on values that agree are more than {BLURRED:g} apart: behind it nothing is proven"


def layers_of(setup: Setup) -> tuple[Layer, ...]:
    facts = Kept.of(setup.weights_file).facts()
    return facts.layers if facts is not None else ()


def names_of(built: Any) -> dict[int, str]:
    """Of the canonical tensors, by identity."""
    return {id(tensor): name for name, tensor in network.tensors(built).items()}
