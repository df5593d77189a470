"""The walk in inference mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from fixtures.models.kept import Kept
from fixtures.models.layers import Layer
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.walk.beforehand import beforehand
from harness.frameworks.pytorch.walk.forward import walked
from harness.frameworks.pytorch.walk.mode import Walk
from harness.frameworks.pytorch.walk.nearest import Nearest
from harness.frameworks.pytorch.walk.search import Searches
from harness.frameworks.tape import Tape, Walked
from harness.record.case import Precision
from harness.record.parting import Part, Point

BLURRED = 1e-6  # of a float64 network: rounding that a badly conditioned one has made larger with each layer


def inference(setup: Setup, tape: Tape) -> Walked:
    """Dropout is as the network's code has it: what drops out in inference all the same is found."""
    device.open_device(setup)
    built = network.build(replace(setup, drops_out=True))
    inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup), setup)

    def begin(kept: int, searches: Searches) -> Walk:
        exact = Nearest(tape, setup.case.precision is Precision.FP64)
        walk = Walk(Part.INFERENCE, built, tape, layers_of(setup), names_of(built), exact, kept, searches)
        walk.follow(inputs)
        return walk

    walk, found = walked(tape, begin, lambda: network.named(network.call(built, inputs)))
    weak = blurred(walk.points) if setup.case.precision is Precision.FP64 else ""
    return replace(found, partings=(*beforehand(tape, walk.partings), *found.partings), weak=weak)


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
