"""A batch of numpy arrays as the network is given it: channels where torch has them, on the device in the case's layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from fixtures.models.description import Values
from fixtures.models.values import Array, Batch
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import device
from harness.record.case import Precision
from harness.record.fairness import Source

# torch's own names for TensorFlow's layouts in memory, by the number of axes.
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def native(batch: Batch, setup: Setup) -> NativeBatch:
    """(inputs, targets) on the host: one tensor as it is, several by name.

    What is declared channels_last, and a corpus' images, comes as (batch, channels, …); in memory nothing moves.
    """
    model = setup.model.description
    return _alone(_tensors(batch.inputs, model.inputs, setup)), _alone(_tensors(batch.targets, model.targets, setup))


def on_device(batch: NativeBatch, setup: Setup) -> NativeBatch:
    """The batch where it is computed on. Inputs with channels have the case's layout in memory, as the weights have."""
    inputs, targets = batch
    declared = setup.model.description.inputs
    if isinstance(inputs, dict):
        placed: Any = {name: _placed(tensor, has_channels(declared[name]), setup) for name, tensor in inputs.items()}
    else:
        (only,) = declared.values()
        placed = _placed(inputs, has_channels(only), setup)
    return placed, _each(targets, lambda tensor: _placed(tensor, False, setup))


def has_channels(values: Values) -> bool:
    """Whether torch is given the last axis first."""
    return values.channels_last or values.from_corpus


def layout(setup: Setup, axes: int) -> Any:
    """Of images and weights of so many axes in memory: TensorFlow's, or torch's own, channels first.

    In float64 torch's own: no library has kernels for the other one there, and nothing is timed in it.
    """
    is_channels_last = Source.LAYOUT in setup.neutral and setup.case.precision is not Precision.FP64
    return CHANNELS_LAST.get(axes, torch.contiguous_format) if is_channels_last else torch.contiguous_format


def _tensors(arrays: Mapping[str, Array], declared: Mapping[str, Values], setup: Setup) -> dict[str, Any]:
    """A corpus' targets are declared nowhere; they have no channels."""
    return {name: _tensor(array, name in declared and has_channels(declared[name]), setup) for name, array in arrays.items()}


def _tensor(array: Array, channels: bool, setup: Setup) -> Any:
    tensor = torch.from_numpy(array)
    if tensor.is_floating_point() and setup.case.precision is Precision.FP64:
        tensor = tensor.double()
    return tensor.movedim(-1, 1) if channels else tensor


def _placed(tensor: Any, channels: bool, setup: Setup) -> Any:
    form = layout(setup, tensor.ndim) if channels else torch.contiguous_format
    return tensor.to(device.name()).contiguous(memory_format=form)


def _alone(tensors: dict[str, Any]) -> Any:
    return next(iter(tensors.values())) if len(tensors) == 1 else tensors


def _each(tensors: Any, change: Any) -> Any:
    return {name: change(tensor) for name, tensor in tensors.items()} if isinstance(tensors, dict) else change(tensors)
