"""The port: PyTorch's tensors into a Keras network, layer by layer, and back.

tensors.py   a tensor in Keras' layout
units.py     the layers of a Keras model that hold weights
pairing.py   which canonical layer each of them is
refusal.py   what is said where they do not pair
"""

from __future__ import annotations

import weakref
from typing import Any

import keras
import msgspec

from fixtures.models import code
from fixtures.models import weights as canonical
from fixtures.models.description import ModelError
from fixtures.models.kept import Kept
from fixtures.models.layers import Kind, Layer, Tensor
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import batches
from harness.frameworks.tensorflow.port import pairing
from harness.frameworks.tensorflow.port.pairing import Pairs
from harness.frameworks.tensorflow.port.refusal import refusal
from harness.frameworks.tensorflow.port.units import Unit, units

FLOAT32 = "float32"
PROBE_ITEMS = 2


class KeptPairs(msgspec.Struct, frozen=True):
    """A pairing beside the weights: of units in the order of the walk, the names of Keras' layers being another at each build."""

    signatures: tuple[tuple[str, ...], ...]
    layers: tuple[Layer, ...]


class Ported:
    """A network whose layers are paired."""

    def __init__(self, own: list[Unit], layers: tuple[Layer, ...]) -> None:
        self._units = own
        self._layers = layers

    def write(self, weights: Weights) -> None:
        for unit, layer in zip(self._units, self._layers, strict=True):
            pairing.put_in(unit, layer, weights)

    def read(self) -> Weights:
        """By canonical names, in canonical layout."""
        read = ((layer, unit.read()) for unit, layer in zip(self._units, self._layers, strict=True))
        return {tensor.name: values[role] for layer, values in read for role, tensor in layer.tensors.items() if role in values}

    def names(self) -> list[tuple[Any, str]]:
        """Each variable and the canonical name of what it holds."""
        return [
            (variable, layer.tensors[role].name)
            for unit, layer in zip(self._units, self._layers, strict=True)
            for role, tensor in unit.tensors.items()
            for variable in tensor.variables
        ]


_PORTED: weakref.WeakKeyDictionary[Any, Ported] = weakref.WeakKeyDictionary()


def ported(setup: Setup, built: Any) -> Ported:
    """The network with its layers paired: by the pairing that is kept, or a new one, which is kept then. Raises ModelError."""
    if built not in _PORTED:
        own = units(built)
        _PORTED[built] = Ported(own, _layers(setup, own))
    return _PORTED[built]


def names(setup: Setup, built: Any) -> list[tuple[Any, str]]:
    return ported(setup, built).names()


def _layers(setup: Setup, own: list[Unit]) -> tuple[Layer, ...]:
    """The canonical layer of each unit."""
    kept = Kept.of(setup.weights_file)
    signatures = tuple(unit.signature for unit in own)
    found = kept.found("pairs-tensorflow", KeptPairs)
    if found is None or found.signatures != signatures:
        found = KeptPairs(signatures, _paired(setup, kept))
        kept.keep("pairs-tensorflow", found)
    return found.layers


def _paired(setup: Setup, kept: Kept) -> tuple[Layer, ...]:
    """Found out on a network of its own in float32: what goes into a layer says little in fewer digits."""
    weights = canonical.load(setup.weights_file)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(FLOAT32)
    try:
        built = code.builder(setup.model, "tensorflow").network(setup.options)
        inputs, _ = batches.native(setup.probe(PROBE_ITEMS), setup)
        if not built.built or not built.variables:
            built(inputs, training=False)
        own, facts = units(built), kept.facts()
        layers = facts.layers if facts else _by_name(weights, own)
        pairs = pairing.named(setup.model.description.names, own, layers)
        pairs = pairing.executed(lambda: built(inputs, training=False), weights, own, layers, pairs)
    finally:
        keras.config.set_dtype_policy(policy)
    _expect_all(setup, own, layers, pairs)
    return tuple(layers[pairs[place]] for place in range(len(own)))


def _expect_all(setup: Setup, own: list[Unit], layers: tuple[Layer, ...], pairs: Pairs) -> None:
    if len(pairs) < len(own) or len(pairs) < len(layers):
        raise ModelError(f"{setup.model.root}: {refusal(own, layers, pairs)}")


def _by_name(weights: Weights, own: list[Unit]) -> tuple[Layer, ...]:
    """Layers as the names of the tensors alone tell them, where nobody has looked at the network: of a kind as Keras' of that name."""
    modules: dict[str, dict[str, Tensor]] = {}
    for name, values in weights.items():
        module, _, role = name.rpartition(".")
        modules.setdefault(module, {})[role] = Tensor(name, values.shape)
    kinds = {unit.layer.name: unit.kind for unit in own}
    return tuple(Layer(module, kinds.get(module, Kind.PARAMETER), tensors) for module, tensors in modules.items())
