"""The case's network: built by the model's own code, its weights from and to their canonical names, frozen as its workload wants it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fixtures import models
from fixtures.models import weights as canonical
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow.fused_norm import fused
from harness.record.case import Execution, Workload
from harness.record.fairness import Source

CANONICAL_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "bias": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
TO_KERAS = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}  # by rank: OIHW → HWIO, OI → IO
FROM_KERAS = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}


def build(setup: Setup) -> Any:
    """Whether its batch norms and dropout train is said in the call, what is frozen here. Frozen means `trainable = False`."""
    keras.utils.set_random_seed(setup.experiment.seed)
    built = bare(setup)
    if setup.case.execution is Execution.FUSED_NORM:
        built = fused(built)
    if Source.ARCHITECTURE in setup.neutral:
        load(built, canonical.load(setup.weights_file, shapes(built)))
    if setup.case.workload is Workload.FROZEN:
        freeze(setup, built)
    return built


def bare(setup: Setup) -> Any:
    """As the model's code builds it: the network that all frameworks have, with weights at random, or by habit the library's own."""
    code = models.builder(setup.model, "tensorflow")
    return code.network(setup.options) if Source.ARCHITECTURE in setup.neutral else code.library(setup.options)


def freeze(setup: Setup, built: Any) -> None:
    """All but what the model trains then."""
    trained = models.load(setup.model).trained
    for layer in built.layers:
        layer.trainable = f"{layer.name}.".startswith(trained)  # a batch norm that is not trainable runs in inference mode


def load(built: Any, weights: Weights) -> None:
    """Ports canonical weights into the network. Raises WeightsError for a missing, unknown or misshapen tensor."""
    canonical.check(weights, shapes(built))
    for name, variable in tensors(built):
        variable.assign(np.transpose(weights[name], TO_KERAS[len(variable.shape)]))


def weights(built: Any) -> Weights:
    """The inverse of `load`."""
    return {name: to_numpy(variable) for name, variable in tensors(built)}


def shapes(built: Any) -> canonical.Shapes:
    """Of the canonical weights that fit it."""
    return {name: tuple(variable.shape[axis] for axis in FROM_KERAS[len(variable.shape)]) for name, variable in tensors(built)}


def tensors(built: Any) -> Iterator[tuple[str, Any]]:
    for layer in built.layers:
        if isinstance(layer, keras.Model):  # a library's own network as a base
            yield from tensors(layer)
        else:
            yield from ((f"{layer.name}.{CANONICAL_NAMES[variable.name]}", variable) for variable in layer.weights)


def to_numpy(variable: Any) -> npt.NDArray[np.float32]:
    """A copy in C order: the canonical layout."""
    return np.array(np.transpose(variable.numpy(), FROM_KERAS[len(variable.shape)]), order="C")


def pretrained(model: str) -> Weights:
    return models.builder(model, "tensorflow").pretrained()
