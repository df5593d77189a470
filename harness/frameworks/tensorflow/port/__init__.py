"""The port: PyTorch's tensors into a Keras network, layer by layer, and back.

tensors.py       a tensor in Keras' layout
unit.py          a layer of Keras' that holds tensors
units.py         all of a model: feedforward.py, attention.py and recurrent.py know Keras' own, by kind
naming.py        which canonical layer each of them is, by their names
pairing.py       the same by what goes into them
loosely.py       those that fit but for a bias or a shape, where somebody asks why two networks part
refusal.py       what is said where they do not pair; hints.py has the mends
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import keras
import msgspec
import tensorflow as tf

from fixtures.models import code
from fixtures.models import weights as canonical
from fixtures.models.description import FILE, ModelError
from fixtures.models.kept import Kept
from fixtures.models.layers import Kind, Layer, Tensor
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import batches
from harness.frameworks.tensorflow.port import loosely, naming, pairing
from harness.frameworks.tensorflow.port.naming import Pairs
from harness.frameworks.tensorflow.port.refusal import refusal
from harness.frameworks.tensorflow.port.unit import Unit
from harness.frameworks.tensorflow.port.units import units
from harness.record.case import Precision

FRAMEWORK = "tensorflow"
FLOAT32 = "float32"
PROBE_ITEMS = 2
PAIRS = "pairs-tensorflow"
VERSION = 3  # of how layers are paired: a change pairs them anew

_PORTED = "_ported_by_the_suite"  # an attribute of the network: it is forgotten with it


_loosely: dict[tuple[str, str], Pairs] = {}


class KeptPairs(msgspec.Struct, frozen=True):
    """A pairing beside the weights: of units in the order of the walk, the names of Keras' layers being another at each build."""

    version: int
    signatures: tuple[tuple[str, ...], ...]
    layers: tuple[Layer, ...]


class Ported:
    """A network whose layers are paired."""

    # What does not fit (`loosely`): here all does.
    unpaired: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def __init__(self, own: list[Unit], layers: tuple[Layer, ...]) -> None:
        self._units = own
        self._layers = layers

    @property
    def pairs(self) -> list[tuple[Unit, Layer]]:
        return list(zip(self._units, self._layers, strict=True))

    def write(self, weights: Weights) -> None:
        """Raises WeightsError for weights that are not the network's."""
        canonical.check(weights, {tensor.name: tensor.shape for layer in self._layers for tensor in layer.tensors.values()})
        for unit, layer in self.pairs:
            pairing.put_in(unit, layer, weights)

    def read(self) -> Weights:
        """By canonical names, in canonical layout."""
        read = ((layer, unit.read()) for unit, layer in self.pairs)
        return {tensor.name: values[role] for layer, values in read for role, tensor in layer.tensors.items() if role in values}

    def names(self) -> list[tuple[Any, str]]:
        """Each variable and the canonical name of what it holds."""
        return [
            (variable, layer.tensors[role].name)
            for unit, layer in self.pairs
            for role, tensor in unit.tensors.items()
            for variable in tensor.variables
        ]


def ported(setup: Setup, built: Any) -> Ported:
    """The network with its layers paired: by the pairing that is kept, or a new one, which is kept then.

    Raises ModelError where they do not pair, WeightsError for weights that are not the network's.
    """
    found: Ported | None = vars(built).get(_PORTED)
    if found is None:
        found = Ported(*_paired(setup, built))
        object.__setattr__(built, _PORTED, found)  # past Keras' own bookkeeping of attributes
    return found


def adapted(setup: Setup, built: Any) -> Ported | loosely.Loosely:
    """The same, where need be with layers paired that fit but for a bias, a scale or a shape (`loosely`).

    Raises ModelError where not even a half of them do.
    """
    try:
        return ported(setup, built)
    except ModelError:
        facts = Kept.of(setup.weights_file).facts()
        if facts is None:
            raise
        layers = naming.single(facts.layers)
        own = units(built, layers)
        places = _loosely_found_out(setup, layers)
        if len(places) < len(layers) / 2:
            raise
        found = loosely.Loosely(own, {place: layer for place, layer in places.items() if place < len(own)}, layers)
        object.__setattr__(built, _PORTED, found)
        return found


def names(setup: Setup, built: Any) -> list[tuple[Any, str]]:
    return ported(setup, built).names()


def _paired(setup: Setup, built: Any) -> tuple[list[Unit], tuple[Layer, ...]]:
    """The network's units, and the canonical layer of each."""
    kept = Kept.of(setup.weights_file)
    facts = kept.facts()
    if facts is None:  # nobody has looked at the original network
        own = units(built, ())
        return own, _by_name(own, canonical.load(setup.weights_file))
    layers = naming.single(facts.layers)
    own = units(built, layers)
    signatures = tuple(unit.signature for unit in own)
    found = kept.found(PAIRS, KeptPairs)
    if found is None or (found.version, found.signatures) != (VERSION, signatures):
        found = KeptPairs(VERSION, signatures, _found_out(setup, layers))
        kept.keep_if_writable(PAIRS, found)
    return own, found.layers


def _found_out(setup: Setup, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    own, pairs = _executed(setup, layers, pairing.EXACTLY)
    _expect_all(setup, own, layers, pairs)
    return tuple(pairs[place] for place in range(len(own)))


def _loosely_found_out(setup: Setup, layers: tuple[Layer, ...]) -> Pairs:
    """Kept for this process, which is asked for it several times."""
    key = (setup.weights, setup.model.sha256)
    if key not in _loosely:
        _loosely[key] = _executed(setup, layers, loosely.FITTING)[1]
    return _loosely[key]


def _executed(setup: Setup, layers: tuple[Layer, ...], fitting: pairing.Fitting) -> tuple[list[Unit], Pairs]:
    """In a thread of its own: it begins Keras anew, and the scope of a strategy that the caller may be in would be gone with the rest."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_executed_here, setup, layers, fitting).result()


def _executed_here(setup: Setup, layers: tuple[Layer, ...], fitting: pairing.Fitting) -> tuple[list[Unit], Pairs]:
    """On a network of its own in float32: what goes into a layer says little in fewer digits."""
    weights, model = canonical.load(setup.weights_file), setup.model
    plain = msgspec.structs.replace(setup, case=msgspec.structs.replace(setup.case, precision=Precision.FP32))
    with _fresh_in_float32():
        built = code.builder(model, FRAMEWORK).network(setup.options)
        inputs, _ = batches.native(setup.probe(PROBE_ITEMS), plain)
        if not built.built or not built.variables:
            built(inputs, training=False)
        own = units(built, layers)
        try:
            pairs = naming.named(model.description.names, own, layers)
        except ModelError as error:
            raise ModelError(f"{model.root / FILE}: {error}") from error
        pairs = naming.alike(own, layers, pairs)
        return own, pairing.executed(lambda: built(inputs, training=False), weights, own, layers, pairs, fitting)


@contextmanager
def _fresh_in_float32() -> Iterator[None]:
    """Keras numbers its names from the beginning: model.toml may have them, as a user's own session shows them."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.utils.clear_session()
    keras.config.set_floatx(FLOAT32)
    keras.config.set_dtype_policy(FLOAT32)
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)  # a user's own tf.function would call its layers when it is traced, and never again
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(eagerly)
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def _expect_all(setup: Setup, own: list[Unit], layers: tuple[Layer, ...], pairs: Pairs) -> None:
    if len(pairs) < len(own) or len(pairs) < len(layers):
        raise ModelError(f"{setup.model.root}: {refusal(own, layers, pairs)}")


def _by_name(own: list[Unit], weights: Weights) -> tuple[Layer, ...]:
    """Layers as the names of the tensors alone tell them: each is the module that is called like Keras' layer, or like its path."""
    modules = {naming.plain(module): module for module in (name.rpartition(".")[0] for name in weights)}
    found = []
    for unit in own:
        path = unit.path.rpartition("/")[0] if unit.kind is Kind.PARAMETER else unit.path
        called = (naming.plain(name) for name in (path, unit.layer.name))
        module = next((modules[name] for name in called if name in modules), path.replace("/", "."))
        tensors = {role: Tensor(f"{module}.{role}" if module else role, tensor.shape) for role, tensor in unit.tensors.items()}
        found.append(Layer(module, unit.kind, tensors))
    return tuple(found)
