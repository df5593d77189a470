"""The case's network: built by the model's own code, its weights from and to their canonical names, frozen as its workload wants it."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from fixtures.models import code
from fixtures.models import weights as canonical
from fixtures.models.description import FILE, ModelError
from fixtures.models.weights import Weights
from harness.frameworks.contract import Outputs, Setup
from harness.frameworks.tensorflow import batches, dropout, port
from harness.frameworks.tensorflow.fused_norm import fused
from harness.record.case import Execution, Workload
from harness.record.fairness import Source

FRAMEWORK = port.FRAMEWORK
BUILDING_ITEMS = 2  # a network that builds itself when it is called first is called with so many


def build(setup: Setup) -> Any:
    """Whether its batch norms and dropout train is said in the call, what is frozen here. Frozen means `trainable = False`.

    Raises ModelError for a network that does not fit its model.toml, or PyTorch's; WeightsError for weights that do not fit it.
    """
    keras.utils.set_random_seed(setup.experiment.seed)
    built = bare(setup)
    if setup.case.execution is Execution.FUSED_NORM:
        built = _checked(setup, fused(built), "network")
    if is_canonical(setup):
        port.ported(setup, built).write(canonical.load(setup.weights_file))
    return arranged(setup, built)


def bare(setup: Setup) -> Any:
    """As the model's code builds it: the network that all frameworks have, with weights at random, or by habit the library's own."""
    module = code.builder(setup.model, FRAMEWORK)
    if is_canonical(setup):
        return _checked(setup, module.network(setup.options), "network")
    return _checked(setup, module.library(setup.options), "library")


def is_canonical(setup: Setup) -> bool:
    """Whether it is the network that all frameworks have: where a model has no library's, the style `stock` has it too."""
    return Source.ARCHITECTURE in setup.neutral or not has_library(setup)


def has_library(setup: Setup) -> bool:
    """Whether the style `stock` has a network of its own."""
    return hasattr(code.builder(setup.model, FRAMEWORK), "library")


def ends_in_softmax(setup: Setup) -> bool:
    """By habit; of a model whose code knows that habit."""
    return bool(setup.options.softmax) and has_library(setup)


def arranged(setup: Setup, built: Any) -> Any:
    """The network frozen, and its dropout, as the case has them."""
    if not setup.drops_out:
        dropout.switch_off(built)
    if setup.case.workload is Workload.FROZEN:
        freeze(setup, built)
    if setup.case.execution is Execution.COMPILED:
        for layer in built._flatten_layers():
            if hasattr(layer, "use_cudnn"):
                layer.use_cudnn = False  # a recurrent layer's kernels of cuDNN, which it takes by itself on a GPU, are none of XLA's
    return built


def freeze(setup: Setup, built: Any) -> None:
    """All but what the model trains then. A library's own network is told by the names of its layers.

    Raises ModelError where nothing is left to train.
    """
    prefixes = setup.model.description.trained
    names = {id(variable): name for variable, name in port.names(setup, built)} if is_canonical(setup) else {}
    inner = built._flatten_layers()
    frozen = [layer for layer in inner if own(layer) and not any(_is_called(names, layer, each, prefixes) for each in own(layer))]
    for layer in frozen:
        if layer._layers:  # those inside are asked by themselves
            for variable in own(layer):
                variable.trainable = False
        else:
            layer.trainable = False  # a batch norm that is not trainable runs in inference mode
    if not built.trainable_variables:
        begin = sorted({f"{name.partition('.')[0]}." for name in names.values()} or {f"{layer.name}." for layer in built.layers})
        raise ModelError(
            f"{setup.model.root / FILE}: trained = {list(prefixes)}: no tensor that trains is called so; they begin with {', '.join(begin)}"
        )
    # What is frozen leaves nothing out either: the other framework's is in inference mode.
    last = max((place for place, layer in enumerate(inner) if layer in frozen), default=0)
    for layer in inner[:last]:
        dropout.switch_off_alone(layer)


def own(layer: Any) -> list[Any]:
    """A layer's variables that are not its inner layers'."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _is_called(names: dict[int, str], layer: Any, variable: Any, prefixes: tuple[str, ...]) -> bool:
    return names.get(id(variable), f"{layer.name}.").startswith(prefixes)


def call(built: Any, inputs: Any, training: bool) -> Any:
    """What the network gives for one input as it is, or for several by their names."""
    return built(inputs, training=training)


def named(outputs: Any) -> dict[str, Any]:
    """The tensors that a network gives, by name. Raises ModelError for anything else."""
    if isinstance(outputs, dict):
        found = {str(name): each for name, each in outputs.items()}
    elif isinstance(outputs, tuple | list):
        found = {str(place): each for place, each in enumerate(outputs)}
    else:
        found = {"outputs": outputs}
    for name, each in found.items():
        if not isinstance(each, np.ndarray) and not keras.ops.is_tensor(each):
            mend = "let it return a tensor, a tuple or a dict of tensors"
            raise ModelError(f"{FRAMEWORK}.py: the network's {name} is a {type(each).__name__}: {mend}")
    return found


def wide(outputs: Any) -> Any:
    """What a network gives, in the same structure, at least in float32: whatever the precision, a loss is taken of that."""
    return tf.nest.map_structure(lambda each: tf.cast(each, tf.float32) if each.dtype in (tf.bfloat16, tf.float16) else each, outputs)


def outputs_to_numpy(outputs: Any, items: int | None = None) -> Outputs:
    """By name. items: only the first ones of the batch."""
    return {name: np.array(each[:items] if len(each.shape) else each, np.float32) for name, each in named(outputs).items()}


def weights(setup: Setup, built: Any) -> Weights:
    """By their canonical names and in their layout."""
    return port.ported(setup, built).read()


def trained(setup: Setup, built: Any) -> frozenset[str]:
    """Canonical names of what a step changes."""
    changed = {id(variable) for variable in built.trainable_variables}
    return frozenset(name for variable, name in port.names(setup, built) if id(variable) in changed)


def _checked(setup: Setup, built: Any, function: str) -> Any:
    """Raises ModelError for what is no network, or cannot be called with the model's inputs."""
    file = setup.model.file(FRAMEWORK)
    if not isinstance(built, keras.Model):
        raise ModelError(f"{file}: {function}(options) gives a {type(built).__name__}: return the keras.Model itself")
    _expect_inputs(setup, built)
    if not built.built or not built.variables:
        inputs, _ = batches.native(setup.probe(BUILDING_ITEMS), setup)
        try:
            call(built, inputs, training=False)
        except Exception as error:
            told = code.place_in(setup.model, error) or file
            raise ModelError(f"{told}: the network cannot be called with the inputs of {FILE}: {_plain(error)}") from error
    if not built.variables:
        raise ModelError(
            f"{file}: {function}(options) gives a network without weights, after a call too: make its layers in __init__ or build"
        )
    return built


def _plain(error: Exception) -> str:
    """What was said first: Keras puts it in bold type among words of its own."""
    said = re.search(r"\x1b\[1m(.*?)\x1b\[0m", str(error), re.DOTALL)
    return said[1] if said else str(error)


def _expect_inputs(setup: Setup, built: Any) -> None:
    """Raises ModelError where a functional network's inputs are others: Keras would leave out those that it does not know."""
    names = list(setup.model.description.inputs)
    given = getattr(built, "_inputs_struct", None)  # of a functional network as it was made: a dict's keys count, else the tensors' names
    if given is None:
        return
    taken = list(given) if isinstance(given, dict) else [each.name for each in keras.tree.flatten(given)]
    if len(names) != len(taken) or (len(names) > 1 and set(names) != set(taken)):
        said = f"{FILE} names the input{'s' * (len(names) > 1)} {', '.join(names)}"
        mend = "name them alike, as keras.Input(…, name=NAME)"
        raise ModelError(f"{said}; the network of {setup.model.file(FRAMEWORK)} takes {', '.join(taken)}: {mend}")
