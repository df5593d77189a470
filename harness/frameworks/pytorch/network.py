"""The case's network: built by the model's own code, its weights from and to their canonical names, frozen as its workload wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fixtures import models
from fixtures.models import weights as canonical
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import device
from harness.record.case import Workload
from harness.record.fairness import Source

UNUSED_COUNTERS = ".num_batches_tracked"  # torch's own; no arithmetic depends on them at a fixed momentum


def build(setup: Setup) -> Any:
    """On the device, its batch norms and dropout as its workload wants them. Frozen means `requires_grad = False`."""
    torch.manual_seed(setup.experiment.seed)
    built = bare(setup)
    if Source.ARCHITECTURE in setup.neutral:
        load(built, canonical.load(setup.weights_file, shapes(built)))
    if setup.case.workload is Workload.FROZEN:
        freeze(setup, built)
    built = built.to(device.name(), memory_format=layout(setup))
    return built.eval() if setup.case.workload is Workload.INFERENCE else training(setup, built)


def bare(setup: Setup) -> Any:
    """As the model's code builds it: the network that all frameworks have, with weights at random, or by habit the library's own."""
    code = models.builder(setup.model, "pytorch")
    return code.network(setup.options) if Source.ARCHITECTURE in setup.neutral else code.library(setup.options)


def freeze(setup: Setup, built: Any) -> None:
    """All but what the model trains then."""
    trained = models.load(setup.model).trained
    for name, parameter in built.named_parameters():
        parameter.requires_grad_(name.startswith(trained))


def training(setup: Setup, built: Any) -> Any:
    """The network in training mode. By habit a frozen batch norm trains too: it goes on taking each batch's statistics."""
    built.train()
    if setup.case.workload is Workload.FROZEN and Source.FROZEN_NORM in setup.neutral:
        built.eval()
        for name, module in built.named_modules():
            if f"{name}.".startswith(models.load(setup.model).trained):
                module.train()
    return built


def layout(setup: Setup) -> Any:
    """Of images and weights in memory: TensorFlow's NHWC, or torch's own NCHW."""
    return torch.channels_last if Source.LAYOUT in setup.neutral else torch.contiguous_format


def load(built: Any, weights: Weights) -> None:
    """Ports canonical weights into the network. Raises WeightsError for a missing, unknown or misshapen tensor."""
    canonical.check(weights, shapes(built))
    built.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})


def weights(built: Any) -> Weights:
    """The inverse of `load`."""
    return {name: to_numpy(tensor) for name, tensor in tensors(built).items()}


def shapes(built: Any) -> canonical.Shapes:
    """Of the canonical weights that fit it."""
    return {name: tuple(tensor.shape) for name, tensor in tensors(built).items()}


def tensors(built: Any) -> dict[str, Any]:
    return {name: tensor for name, tensor in built.state_dict().items() if not name.endswith(UNUSED_COUNTERS)}


def to_numpy(tensor: Any) -> npt.NDArray[np.float32]:
    """A copy in C order: the canonical layout, whatever the memory format."""
    return np.array(tensor.detach().float().cpu().numpy(), order="C")


def pretrained(model: str) -> Weights:
    return models.builder(model, "pytorch").pretrained()
