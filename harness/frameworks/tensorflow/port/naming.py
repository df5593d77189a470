"""Layers paired by their names: what model.toml says of them, and what is called alike in both frameworks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from fixtures.models.description import ModelError
from fixtures.models.layers import Kind, Layer
from harness.frameworks.tensorflow.port.unit import Unit

Pairs = dict[int, Layer]  # the place of a Keras unit to its canonical layer

ANY = "*"


def named(names: Mapping[str, str], units: Sequence[Unit], layers: Sequence[Layer]) -> Pairs:
    """What `[names]` says. Raises ModelError for a line that says nothing."""
    found: Pairs = {}
    for name, path in names.items():
        lines = list(_said(name, path, units, layers))
        if not lines:
            raise ModelError(_mend(name, path, units, layers))
        for place, layer in lines:
            fitting = fitted(units[place], layer)
            if fitting is None:
                ours, theirs = f"{layer.name} is {' '.join(layer.signature)}", f"{units[place].path} is {' '.join(units[place].signature)}"
                raise ModelError(f'[names] "{name}" = "{path}": {ours}, {theirs}: they cannot be the same layer')
            before = found.get(place)
            if before is not None and before.name != layer.name:
                raise ModelError(f'[names] "{name}" = "{path}": {units[place].path} is {before.name} already: take out the one line')
            found[place] = fitting
    return found


def alike(units: Sequence[Unit], layers: Sequence[Layer], known: Pairs) -> Pairs:
    """Those and what has the same name and shapes: dots, slashes and underscores are one. A name that Keras gave by itself says nothing."""
    found = dict(known)
    taken = {layer.name for layer in known.values()}
    theirs = {plain(layer.name): layer for layer in layers if layer.name not in taken}
    short = Counter(plain(own_name(unit)) for unit in units)
    for place, unit in enumerate(units):
        if place in found or (is_automatic(unit.layer) and unit.path != next(iter(unit.tensors))):  # the network's own parameters are named
            continue
        of_path = [plain(unit.path)]
        of_layer = [plain(own_name(unit))] if short[plain(own_name(unit))] == 1 else []
        for name in of_path + of_layer:
            layer = theirs.get(name)
            if layer is not None and layer.signature == unit.signature:
                found[place] = theirs.pop(name)
                break
    return found


def fitted(unit: Unit, layer: Layer) -> Layer | None:
    """The layer by the roles that the unit has; None where it cannot hold its tensors. A parameter may have another name in each."""
    if unit.signature == layer.signature:
        return layer
    if unit.kind is layer.kind is Kind.PARAMETER and len(layer.tensors) == 1:
        (role, own), (tensor,) = next(iter(unit.tensors.items())), layer.tensors.values()
        if own.shape == tensor.shape:
            return msgspec.structs.replace(layer, tensors={role: tensor})
    return None


def single(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers, each parameter of a module of the user's own by itself: the other framework may have them in other modules."""
    return tuple(part for layer in layers for part in _parts(layer))


def plain(name: str) -> str:
    return re.sub(r"[./]", "_", name)


def own_name(unit: Unit) -> str:
    """That of the layer alone. A parameter has its layer's path before it, so that it is told by that."""
    return unit.path if unit.kind is Kind.PARAMETER else str(unit.layer.name)


def is_automatic(layer: Any) -> bool:
    """Whether Keras named it: by its class, and a number from the second one on (`keras.src.utils.naming.auto_name`)."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return re.fullmatch(rf"{re.escape(name)}(_\d+)?", layer.name) is not None


def _parts(layer: Layer) -> Iterator[Layer]:
    if layer.kind is not Kind.PARAMETER:
        yield layer
        return
    for role, tensor in layer.tensors.items():
        yield msgspec.structs.replace(layer, name=tensor.name, tensors={role: tensor})


def _said(name: str, path: str, units: Sequence[Unit], layers: Sequence[Layer]) -> Iterator[tuple[int, Layer]]:
    """Places of Keras' units and the layers that the line pairs them with."""
    pattern = re.compile("(.+)".join(map(re.escape, name.split(ANY))))
    for layer in layers:
        match = pattern.fullmatch(layer.name)
        if match is None and layer.kind is Kind.PARAMETER:  # the line may be of the layers that hold them
            module, _, role = layer.name.rpartition(".")
            match = pattern.fullmatch(module)
            wanted = f"{path}/{role}"
        else:
            wanted = path
        if match is not None:
            wanted = plain(_filled(wanted, match.groups()))
            yield from ((place, layer) for place, unit in enumerate(units) if plain(unit.path) == wanted)


def _filled(path: str, parts: Sequence[str]) -> str:
    """The path, what `*` stood for in the other name in the place of its own."""
    left = iter(parts)
    return re.sub(r"\*", lambda _: next(left, ""), path)


def _mend(name: str, path: str, units: Sequence[Unit], layers: Sequence[Layer]) -> str:
    pattern = re.compile("(.+)".join(map(re.escape, name.split(ANY))))
    theirs, ours = [layer.name for layer in layers], [unit.path for unit in units]
    line = f'[names] "{name}" = "{path}":'
    if not any(pattern.fullmatch(each) or pattern.fullmatch(each.rpartition(".")[0]) for each in theirs):
        return f"{line} no layer with weights of PyTorch's is called so{_near(name, theirs)}"
    return f"{line} no layer with weights of Keras' has that path{_near(path, ours)}"


def _near(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=3, cutoff=0.3) or names[:3]
    return f": write one such as {', '.join(near)}"
