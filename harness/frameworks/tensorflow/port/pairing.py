"""Which of the canonical layers each of Keras' is, where names do not say it: by shape, and by what goes into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np

from fixtures.models.layers import Kind, Layer
from fixtures.models.weights import Weights
from harness.frameworks.tensorflow.port.naming import Pairs
from harness.frameworks.tensorflow.port.unit import Unit

# Relative, of mean and root mean square of what goes into a layer: two frameworks' float32 differs by a hundredth of it, and two layers of
# one shape that are given different things by far more.
ALIKE = 1e-3
# Behind a place where the two networks part, where all things differ: that two of many come near each other by chance.
BEHIND = 1e-5
NOWHERE = -1


def executed(
    call: Callable[[], Any], weights: Weights, units: Sequence[Unit], layers: Sequence[Layer], known: Pairs, fitting: Fitting
) -> Pairs:
    """All pairs, from one pass of the network in which each unit is given its tensors at the moment it is called.

    Of the layers of its shapes that are left, it is the first one that was given what goes into the unit now. Parallel branches of the same
    shapes are told apart by that, in whatever order the two frameworks compute them. Several that are given the same are taken in the order
    of the code. Behind a layer that none was given the same as, where the two networks part, it is rather the one that follows the partner
    of the unit before it, and else one in the order of the code.
    """
    pairs = dict(known)
    order = [layer.name for layer in layers]
    siblings, alike = _siblings(units), _alike(units)
    within = ALIKE
    waiting: dict[int, list[int]] = {}
    for place, unit in enumerate(units):
        waiting.setdefault(id(unit.layer), []).append(place)
    last = {layer: places[-1] for layer, places in waiting.items()}

    def choose(place: int, fitted: Sequence[Layer], given: Any) -> Layer:
        nonlocal within
        fitting = [layer for layer in fitted if _was_given(layer, given, within)]
        following = _following(pairs.get(last.get(_leading(units[place].layer, last), NOWHERE)), fitted, order)
        if within == BEHIND and following is not None and len(siblings[place]) == 1 and following.kind is not Kind.PARAMETER:
            return following  # of a parameter no order tells
        if fitting:
            return fitting[min(_ahead(siblings[place], place, pairs), len(fitting) - 1)]
        if within != BEHIND and keras.ops.is_tensor(given) and any(layer.entered is not None for layer in fitted):
            within = BEHIND
            return choose(place, fitted, given)
        return fitted[min(_ahead(alike[place], place, pairs), len(fitted) - 1)]

    def enter(layer: Any, given: Any) -> None:
        before = None
        for place in waiting.pop(id(layer), ()):
            if place not in pairs:
                fitted = fitting.candidates(units[place], layers, pairs)
                if not fitted:
                    continue
                # What goes into the second unit of a layer nobody sees, but it follows the first one.
                pairs[place] = choose(place, fitted, given) if before is None else _behind(before, fitted, order)
            before = pairs[place]
            fitting.put_in(units[place], before, weights)

    with _entering({id(unit.layer): unit.layer for unit in units}, enter):
        call()
    for place, unit in enumerate(units):  # what holds weights without being called: no order tells it
        if place not in pairs:
            fitted = fitting.candidates(unit, layers, pairs)
            if len(fitted) == 1:
                pairs[place] = fitted[0]
    return pairs


def put_in(unit: Unit, layer: Layer, weights: Weights) -> None:
    unit.write({role: weights[tensor.name] for role, tensor in layer.tensors.items()})


def candidates(unit: Unit, layers: Sequence[Layer], pairs: Pairs) -> list[Layer]:
    taken = {layer.name for layer in pairs.values()}
    return [layer for layer in layers if layer.name not in taken and layer.signature == unit.signature]


class Fitting(NamedTuple):
    """Which layers a unit may be, of those that are left, and how it is given their tensors."""

    candidates: Callable[[Unit, Sequence[Layer], Pairs], list[Layer]]
    put_in: Callable[[Unit, Layer, Weights], None]


EXACTLY = Fitting(candidates, put_in)


def _siblings(units: Sequence[Unit]) -> list[list[int]]:
    """For each unit all of its shapes that a functional network gives the same tensor, in the order of the user's code: what goes in does
    not tell them apart, and Keras computes them by their distance from the outputs.
    """
    return _grouped(units, [_given(unit) for unit in units])


def _given(unit: Unit) -> Any:
    nodes = _nodes(unit.layer)
    return (unit.signature, *map(id, nodes[0].input_tensors)) if nodes else None


def _alike(units: Sequence[Unit]) -> list[list[int]]:
    """For each unit all of its shapes in a functional network, in the order of the user's code."""
    return _grouped(units, [unit.signature if _nodes(unit.layer) else None for unit in units])


def _grouped(units: Sequence[Unit], keys: Sequence[Any]) -> list[list[int]]:
    """Places with the same key; one without a key is alone."""
    groups: dict[Any, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(place if key is None else key, []).append(place)
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=lambda place: _made(_nodes(units[place].layer)[0].outputs[0].name))
    return [groups[place if key is None else key] for place, key in enumerate(keys)]


def _nodes(layer: Any) -> list[Any]:
    return list(layer._inbound_nodes)


def _made(name: str) -> int:
    """When a tensor was, by the number that Keras gives each: `keras_tensor`, `keras_tensor_1`."""
    number = name.rpartition("_")[2]
    return int(number) if number.isdigit() else 0


def _ahead(group: Sequence[int], place: int, pairs: Pairs) -> int:
    """How many of a group that have no partner yet come before it in the code."""
    return sum(each not in pairs for each in group[: group.index(place)])


def _leading(layer: Any, last: Mapping[int, int]) -> int:
    """The layer with weights whose output goes into this one of a functional network, at most through layers without any: its identity."""
    while nodes := _nodes(layer):
        if len(nodes[0].input_tensors) != 1 or (layer := nodes[0].input_tensors[0]._keras_history.operation) is None:
            break
        if id(layer) in last:
            return id(layer)
    return NOWHERE


def _following(leading: Layer | None, fitted: Sequence[Layer], order: Sequence[str]) -> Layer | None:
    """The one that PyTorch computes next."""
    return None if leading is None else next((each for each in fitted if order.index(each.name) == order.index(leading.name) + 1), None)


def _behind(before: Layer, fitted: Sequence[Layer], order: Sequence[str]) -> Layer:
    place = order.index(before.name)
    return next((layer for layer in fitted if order.index(layer.name) > place), fitted[0])


def _was_given(layer: Layer, given: Any, within: float) -> bool:
    if layer.entered is None or not keras.ops.is_tensor(given):
        return False
    values = np.asarray(given).astype(np.float64)
    mean, size = layer.entered
    found = values.mean(), np.sqrt(np.square(values).mean())
    return bool(abs(found[0] - mean) <= within * size and abs(found[1] - size) <= within * size)


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
