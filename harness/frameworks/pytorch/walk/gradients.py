"""The gradients of the first step, tensor by tensor, from the outputs back to the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.nearest import sketch_of
from harness.frameworks.sketch import NOTHING, Sketch
from harness.record.parting import Part, Parting, Point, Reason

NO_GRADIENT, PADDING_ROW, SCALE, FROZEN = "no_gradient", "gradient_of_the_padding_row", "gradient_scale", "frozen_tensor"
GRADIENT = "gradient"
ENTRIES = (NO_GRADIENT, PADDING_ROW, SCALE)
DETACH, EMBEDDING = "detach", "embedding"
CALLS = (DETACH, EMBEDDING)  # that are made in another way, to see what gradients then are
FLOOR = 1e-5  # of the largest one: a gradient that is rounding alone, as of a bias before a norm, is not compared with itself

Compute = Callable[[Mapping[int, Call]], Mapping[str, Any]]  # the gradients, were these calls made so


def points(ours: Mapping[str, Any], theirs: Mapping[str, Sketch]) -> list[Point]:
    """Of tensors that both train, in the order of ours."""
    floor = FLOOR * max((each.size for each in theirs.values()), default=0.0)
    return [Point(name, GRADIENT, _apart(sketch_of(values), theirs[name], floor)) for name, values in ours.items() if name in theirs]


def _apart(ours: Sketch, theirs: Sketch, floor: float) -> float:
    """As `Sketch.apart`, in nothing smaller than `floor`."""
    scale = max(ours.scale, theirs.scale, NOTHING)
    return ours.apart(theirs) * scale / max(scale, floor)


def partings(
    ours: Mapping[str, Any], theirs: Mapping[str, Sketch], allowed: float, again: Compute, calls: Sequence[Call]
) -> Iterator[Parting]:
    """One for each reason, at the place that is the nearest to the outputs; one without a reason for all that is left.

    calls: those of the forward pass.
    """
    left = {point.layer: point.apart for point in points(ours, theirs) if point.apart > allowed}
    for told, entry, mended in _hypotheses(ours, theirs, again, calls, list(left)):
        better = {point.layer: point.apart for point in points(mended, theirs) if point.apart > allowed}
        solved = [name for name in left if name not in better]
        if solved and set(better) <= set(left):
            yield _parting(solved, left, (Reason(entry, told),), ())
            left = {name: each for name, each in left.items() if name in better}
            ours = {**ours, **{name: mended[name] for name in solved}}
        if not left:
            return
    if left:
        yield _parting(list(left), left, (), ENTRIES)


def trained_alone(ours: Mapping[str, Any], theirs: Mapping[str, Sketch]) -> Iterator[Parting]:
    """Tensors that one framework trains, and the other does not."""
    for names, who, other in (
        (ours.keys() - theirs.keys(), "PyTorch", "TensorFlow"),
        (theirs.keys() - ours.keys(), "TensorFlow", "PyTorch"),
    ):
        for name in sorted(names):
            told = f"{who} trains this tensor, {other} does not"
            yield Parting(Part.GRADIENTS, name, GRADIENT, "", "", 0.0, 1.0, (Reason(FROZEN, told),))


def _parting(names: Sequence[str], left: Mapping[str, float], reasons: tuple[Reason, ...], ruled_out: tuple[str, ...]) -> Parting:
    last = names[-1]
    told = "gradient" if len(names) == 1 else f"gradient of this and of {len(names) - 1} tensors before it"
    return Parting(Part.GRADIENTS, last, told, "", "", 0.0, max(left[name] for name in names), reasons, ruled_out)


def _hypotheses(
    ours: Mapping[str, Any], theirs: Mapping[str, Sketch], again: Compute, calls: Sequence[Call], parted: Sequence[str]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What is told, the entry, and the gradients as they would be."""
    stopped = [name for name in parted if theirs[name].size == 0.0]
    if stopped:
        told = "PyTorch computes a gradient of these, TensorFlow none: its loss does not depend on them"
        yield told, NO_GRADIENT, {**ours, **{name: ours[name] * 0.0 for name in stopped}}
    for call in calls:
        if call.name == DETACH:
            told = f"PyTorch detaches what {call.module or 'the network'} computes from its gradient, TensorFlow does not"
            yield told, NO_GRADIENT, again({call.place: call.instead(lambda values: values)})
        if call.name == EMBEDDING and any(name in parted for name in call.weights):
            row = call.get("padding_idx")
            is_still = row is not None and row >= 0
            other = -1 if is_still else 0
            who = ("PyTorch", "TensorFlow") if is_still else ("TensorFlow", "PyTorch")
            told = f"{who[0]} leaves the row of the padding token {max(row, 0)} as it is, {who[1]} trains it"
            yield told, PADDING_ROW, again({call.place: call.altered(padding_idx=other)})
    factors = {name: _factor(ours[name], theirs[name]) for name in parted}
    if parted and len({f"{each:.6g}" for each in factors.values()}) == 1:
        factor = factors[parted[0]]
        scaled = {name: ours[name] * factor for name in parted}
        yield f"TensorFlow's gradients are {factor:.6g} times PyTorch's", SCALE, {**ours, **scaled}


def _factor(ours: Any, theirs: Sketch) -> float:
    """The one that brings ours the nearest to theirs."""
    one, other = sketch_of(ours).numbers[0], theirs.numbers[0]
    return float((one @ other) / max(one @ one, NOTHING))
