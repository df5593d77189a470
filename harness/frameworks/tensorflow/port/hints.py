"""What often is the matter where layers have no partner, and its mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from fixtures.models.layers import Kind, Layer
from harness.frameworks.tensorflow.port.unit import Unit

MOST = 3  # of a kind
SUMMED = (Kind.DENSE, Kind.CONVOLUTION)
PIECES = (2, 3, 4)  # of one layer: gates, or queries, keys and values

Described = tuple[str, Kind, dict[str, tuple[int, ...]]]  # name, kind, shapes by role


def hints(units: Sequence[Unit], layers: Sequence[Layer]) -> list[str]:
    """Of those without a partner."""
    theirs = [_layer(layer) for layer in layers]
    found = [f"{unit.path}: {unit.hint}" for unit in units if unit.hint][:MOST]
    ours = [_unit(unit) for unit in units if not unit.hint]
    for kind in (_by_a_bias, _by_a_name, _in_pieces):
        found += islice(kind(ours, theirs), MOST)
    return found


def _unit(unit: Unit) -> Described:
    return unit.path, unit.kind, {role: tensor.shape for role, tensor in unit.tensors.items()}


def _layer(layer: Layer) -> Described:
    return layer.name, layer.kind, {role: tensor.shape for role, tensor in layer.tensors.items()}


def _by_a_bias(ours: Sequence[Described], theirs: Sequence[Described]) -> Iterator[str]:
    for path, kind, shapes in ours:
        for name, other_kind, others in theirs:
            if kind is other_kind and shapes.keys() != others.keys() and _without_bias(shapes) == _without_bias(others):
                has_more = len(shapes) > len(others)
                mend = (
                    "use_bias=False in tensorflow.py, or bias=True in pytorch.py"
                    if has_more
                    else "use_bias=True in tensorflow.py, or bias=False in pytorch.py"
                )
                yield f"{path} and {name} differ by a bias alone: write {mend}"
                break


def _without_bias(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {role: shape for role, shape in shapes.items() if "bias" not in role}


def _by_a_name(ours: Sequence[Described], theirs: Sequence[Described]) -> Iterator[str]:
    for path, kind, shapes in ours:
        for name, other_kind, others in theirs:
            if kind is other_kind is Kind.PARAMETER and list(shapes.values()) == list(others.values()):
                (role,) = others
                yield f'{path} has the shape of {name}: if it is that one, write add_weight(…, name="{role}") in tensorflow.py'
                break


def _in_pieces(ours: Sequence[Described], theirs: Sequence[Described]) -> Iterator[str]:
    yield from _joined(ours, theirs, lambda whole, parts: f"Keras' {whole} has the shape of PyTorch's {parts} in one: build it in as many")
    yield from _joined(theirs, ours, lambda whole, parts: f"PyTorch's {whole} has the shape of Keras' {parts} in one: build these as one")


def _joined(wholes: Sequence[Described], parts: Sequence[Described], said: Callable[[str, str], str]) -> Iterator[str]:
    """Layers of the one side whose outputs are those of several of the other side's that follow each other."""
    for name, kind, shapes in wholes:
        windows = (parts[start : start + count] for count in PIECES for start in range(len(parts) - count + 1))
        for window in windows if kind in SUMMED else ():
            alike = all(each[1] is kind and each[2]["weight"][1:] == shapes["weight"][1:] for each in window)
            if alike and sum(each[2]["weight"][0] for each in window) == shapes["weight"][0]:
                yield said(name, ", ".join(each[0] for each in window))
                break
