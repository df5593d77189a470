"""Which of the canonical layers each of Keras' is: by what model.toml says, by name, and by shape in the order of execution."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from fixtures.models.layers import Layer
from fixtures.models.weights import Weights
from harness.frameworks.tensorflow.port.units import Unit

# Relative, of mean and root mean square of what goes into a layer: two frameworks' float32 differs by a hundredth of it, and two layers of
# one shape that are given different things by far more.
ALIKE = 1e-3

Pairs = dict[int, int]  # the place of a Keras unit to the place of its canonical layer


def named(names: Mapping[str, str], units: Sequence[Unit], layers: Sequence[Layer]) -> Pairs:
    """What `[names]` says, and what is called alike in both: dots, slashes and underscores are one."""
    found: Pairs = {}
    paths = {unit.path: place for place, unit in enumerate(units)}
    for pattern, path in names.items():
        said = re.compile("(.+)".join(map(re.escape, pattern.split("*"))))
        for place, layer in enumerate(layers):
            match = said.fullmatch(layer.name)
            unit = paths.get(_filled(path, match.groups())) if match else None
            if unit is not None:
                found[unit] = place
    taken = set(found.values())
    plain = {_plain(layer.name): place for place, layer in enumerate(layers)}
    for place, unit in enumerate(units):
        for name in (unit.path, unit.layer.name):
            other = plain.get(_plain(name))
            if other is not None and other not in taken and place not in found and layers[other].signature == unit.signature:
                found[place] = other
                taken.add(other)
    return found


def executed(call: Callable[[], Any], weights: Weights, units: Sequence[Unit], layers: Sequence[Layer], known: Pairs) -> Pairs:
    """All pairs, from one pass of the network in which each unit is given its tensors at the moment it is called.

    Of the layers of its shapes that are left, it is the first one that was given what goes into the unit now; where none was, as behind a
    place where the two networks part, the first one. Parallel branches of the same shapes are told apart by that, in whatever order the
    two frameworks compute them.
    """
    pairs = dict(known)
    waiting: dict[int, list[int]] = {}
    for place, unit in enumerate(units):
        waiting.setdefault(id(unit.layer), []).append(place)

    def enter(layer: Any, given: Any) -> None:
        for place in waiting.pop(id(layer), ()):
            if place not in pairs:
                candidates = _candidates(units[place], layers, pairs)
                if not candidates:
                    continue
                pairs[place] = next((each for each in candidates if _was_given(layers[each], given)), candidates[0])
            put_in(units[place], layers[pairs[place]], weights)

    with _entering({id(unit.layer): unit.layer for unit in units}, enter):
        call()
    for place, unit in enumerate(units):  # what holds weights without being called
        if place not in pairs and (candidates := _candidates(unit, layers, pairs)):
            pairs[place] = candidates[0]
    return pairs


def put_in(unit: Unit, layer: Layer, weights: Weights) -> None:
    unit.write({role: weights[tensor.name] for role, tensor in layer.tensors.items()})


def _candidates(unit: Unit, layers: Sequence[Layer], pairs: Pairs) -> list[int]:
    taken = set(pairs.values())
    return [place for place, layer in enumerate(layers) if place not in taken and layer.signature == unit.signature]


def _was_given(layer: Layer, given: Any) -> bool:
    if layer.entered is None or given is None:
        return False
    values = np.asarray(given).astype(np.float64)
    mean, size = layer.entered
    found = values.mean(), np.sqrt(np.square(values).mean())
    return bool(abs(found[0] - mean) <= ALIKE * size and abs(found[1] - size) <= ALIKE * size)


@contextmanager
def _entering(layers: Mapping[int, Any], enter: Callable[[Any, Any], None]) -> Iterator[None]:
    """While it lasts, a layer that is called tells so first: itself, and its first input."""
    for layer in layers.values():
        object.__setattr__(layer, "call", _telling(layer, layer.call, enter))  # past Keras' own bookkeeping of attributes
    try:
        yield
    finally:
        for layer in layers.values():
            object.__delattr__(layer, "call")


def _telling(layer: Any, call: Callable[..., Any], enter: Callable[[Any, Any], None]) -> Callable[..., Any]:
    def told(*given: Any, **by_name: Any) -> Any:
        enter(layer, next((each for each in (*given, *by_name.values()) if each is not None), None))
        return call(*given, **by_name)

    return told


def _filled(path: str, parts: Sequence[str]) -> str:
    """The path, what `*` stood for in the other name in the place of its own."""
    left = iter(parts)
    return re.sub(r"\*", lambda _: next(left, ""), path)


def _plain(name: str) -> str:
    return re.sub(r"[._/]", "", name)
