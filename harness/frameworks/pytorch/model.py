"""The network: torchvision's ResNet50 v1.5 with the head, its weights from and to their canonical names."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torchvision

from fixtures.models.resnet50 import architecture
from fixtures.models.resnet50 import weights as canonical
from harness.frameworks.contract import Setup, Weights
from harness.frameworks.pytorch import device
from harness.record.case import Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

UNUSED_COUNTERS = ".num_batches_tracked"  # torch's own; no arithmetic depends on them at a fixed momentum
IMAGENET = torchvision.models.ResNet50_Weights.IMAGENET1K_V2


def network(setup: Setup) -> Any:
    """The case's network on the device, its batch norms and dropout as its workload wants them.

    Its habit is PyTorch's transfer-learning tutorial, with the experiment's head in the place of one linear layer. Frozen means
    `requires_grad = False`.
    """
    neutral = setup.neutral
    torch.manual_seed(setup.experiment.seed)
    built = torchvision.models.resnet50(weights=None)
    if setup.pretrained and Source.ARCHITECTURE not in neutral:
        built.load_state_dict(imagenet())
    built.fc = head(setup)
    if Source.ARCHITECTURE in neutral:
        load(built, canonical.load(setup.weights_file, setup.experiment.head.hidden_units))
    if setup.case.workload is Workload.FROZEN:
        built.requires_grad_(False)
        built.fc.requires_grad_(True)
    built = built.to(device.name(), memory_format=layout(setup))
    return built.eval() if setup.case.workload is Workload.INFERENCE else training(setup, built)


def training(setup: Setup, built: Any) -> Any:
    """The network in training mode. By habit a frozen batch norm trains too: it goes on taking each batch's statistics."""
    built.train()
    if setup.case.workload is Workload.FROZEN and Source.FROZEN_NORM in setup.neutral:
        built.eval()
        built.fc.train()
    return built


def layout(setup: Setup) -> Any:
    """Of images and weights in memory: TensorFlow's NHWC, or torch's own NCHW."""
    return torch.channels_last if Source.LAYOUT in setup.neutral else torch.contiguous_format


def head(setup: Setup) -> Any:
    units = setup.experiment.head.hidden_units
    return torch.nn.Sequential(
        OrderedDict(
            hidden=torch.nn.Linear(architecture.FEATURES, units),
            relu=torch.nn.ReLU(),
            dropout=torch.nn.Dropout(setup.dropout),
            output=torch.nn.Linear(units, architecture.CLASSES),
        )
    )


def load(built: Any, weights: Weights) -> None:
    """Ports canonical weights into the network. Raises WeightsError for a missing, unknown or misshapen tensor."""
    architecture.check(weights, {name: tuple(tensor.shape) for name, tensor in tensors(built).items()})
    built.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})


def weights(built: Any) -> Weights:
    """The inverse of `load`."""
    return {name: to_numpy(tensor) for name, tensor in tensors(built).items()}


def tensors(built: Any) -> dict[str, Any]:
    return {name: tensor for name, tensor in built.state_dict().items() if not name.endswith(UNUSED_COUNTERS)}


def to_numpy(tensor: Any) -> npt.NDArray[np.float32]:
    """A copy in C order: the canonical layout, whatever the memory format."""
    return np.array(tensor.detach().float().cpu().numpy(), order="C")


def pretrained() -> Weights:
    found = imagenet()
    return {name: to_numpy(found[name]) for name in architecture.backbone_shapes()}


def imagenet() -> dict[str, Any]:
    """torchvision's own state dict, downloaded once. Raises Unsupported without a network."""
    try:
        return dict(IMAGENET.get_state_dict(progress=False, check_hash=True))
    except OSError as error:  # of which URLError is one
        raise Unsupported(f"no download of {IMAGENET.url} ({error}): take the seeded weights, or put it into torch's hub folder") from error
