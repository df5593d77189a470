"""The losses that a model may have, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from fixtures.models.description import Loss, ModelError
from harness.frameworks import losses
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import network


class OfOneOutput(losses.OfOneOutput):
    """What the losses by name have in common."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._channels_last = frozenset(name for name, output in setup.model.description.outputs.items() if output.channels_last)

    def picked(self, outputs: Any) -> tuple[str, Any]:
        """The output that the loss is taken of, and what it is called. Raises ModelError where it is not told."""
        found = network.named(network.wide(outputs))
        name = self.chosen(found)
        return name, found[name]

    def expect_shape(self, target: Any, shape: Any) -> None:
        """Raises ModelError for a target that torch would spread over the outputs, or could not."""
        self.expect_one(target)
        if target.shape != shape:
            ours, theirs = list(target.shape[1:]), list(shape[1:])
            said = f"an item of the target has shape {ours} in PyTorch, where the output wants {theirs}"
            raise ModelError(f"{self.file}: {said}: change the one or the other; channels_last goes for both")


class CrossEntropy(OfOneOutput):
    """Of logits, classes on their last axis, and the number of each one's class."""

    def mean(self, outputs: Any, targets: Any) -> Any:
        """Over the batch, in float32 whatever the network's precision; in float64 where the network is."""
        logits = self._logits(outputs)
        self.expect_shape(targets, logits.shape[:-1])
        return functional.cross_entropy(logits.flatten(0, -2), targets.flatten().long())

    def of_items(self, outputs: Any, targets: Any) -> tuple[Any, Any]:
        """Each item's loss, and whether it was recognised."""
        logits = self._logits(outputs)
        return functional.cross_entropy(logits, targets, reduction="none"), logits.argmax(1) == targets

    def stock(self) -> Any:
        """As PyTorch's users have it."""
        return torch.nn.CrossEntropyLoss()

    def _logits(self, outputs: Any) -> Any:
        name, output = self.picked(outputs)
        return output.movedim(1, -1) if name in self._channels_last and output.ndim > 2 else output


class BinaryCrossEntropy(OfOneOutput):
    """Of logits, and targets between 0 and 1 of their shape."""

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`."""
        _, logits = self.picked(outputs)
        self.expect_shape(targets, logits.shape)
        return functional.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype))


class MeanSquaredError(OfOneOutput):
    """Of outputs, and targets of their shape."""

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`."""
        _, output = self.picked(outputs)
        self.expect_shape(targets, output.shape)
        return functional.mse_loss(output, targets.to(output.dtype))


class Own:
    """The user's, out of the model's file."""

    def __init__(self, setup: Setup) -> None:
        self._file, self._loss = setup.model.file(network.FRAMEWORK), losses.of_the_user(setup, network.FRAMEWORK)

    def mean(self, outputs: Any, targets: Any) -> Any:
        """As `CrossEntropy.mean`; outputs are in the structure that the network gives them in."""
        found = self._loss(network.wide(outputs), targets)
        if not isinstance(found, torch.Tensor) or found.ndim != 0:
            what = f"a tensor of shape {list(found.shape)}" if isinstance(found, torch.Tensor) else f"a {type(found).__name__}"
            raise ModelError(f"{self._file}: loss(outputs, targets) gives {what}: return a scalar, such as the mean over the batch")
        return found


AnyLoss = CrossEntropy | BinaryCrossEntropy | MeanSquaredError | Own
LOSSES: dict[Loss, Callable[[Setup], AnyLoss]] = {
    Loss.CROSS_ENTROPY: CrossEntropy,
    Loss.BINARY_CROSS_ENTROPY: BinaryCrossEntropy,
    Loss.MEAN_SQUARED_ERROR: MeanSquaredError,
    Loss.OWN: Own,
}


def loss_of(setup: Setup) -> AnyLoss:
    return LOSSES[setup.model.description.loss](setup)


def loss_of_classes(setup: Setup) -> CrossEntropy:
    """Of a job that counts what is recognised. Raises ModelError for a model that recognises nothing."""
    losses.expect_classes(setup)
    return CrossEntropy(setup)
