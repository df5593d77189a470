"""The whole job: epochs of training, each followed by a validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.job import FineTuning
from harness.frameworks.pytorch import batches, data, device, network
from harness.frameworks.pytorch.loss import loss_of_classes
from harness.frameworks.pytorch.training import TrainStep, free, optimizer
from harness.record.case import Style


def fine_tuning(setup: Setup) -> FineTuning:
    return StockFineTuning(setup) if setup.case.style is Style.STOCK else MatchedFineTuning(setup)


class MatchedFineTuning:
    """The steps of the train step phase, fed as in the data phase; losses stay on the device until an epoch ends.

    Each epoch begins with empty buffers: what were loaded between two epochs would be loaded for nothing.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._loss = loss_of_classes(setup)
        self._steps = TrainStep(setup)
        self._training = data.training(setup)
        self._validation = data.validation(setup)
        self.training_images = len(setup.training_files().paths) // setup.case.batch_size * setup.case.batch_size
        self.validation_images = len(setup.validation_files().paths)

    def train(self) -> float:
        network.training(self._setup, self._steps.network)
        losses = []
        for batch in data.checked(self._setup, self._training):
            self._steps.load(batch)
            self._steps.step()
            losses.append(self._steps.loss)
        return float(torch.stack(losses).mean())

    def validate(self) -> tuple[float, float]:
        losses, correct = self.validation_losses()
        return float(losses.mean()), float(correct.mean())

    def validation_losses(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        self._steps.network.eval()
        batches = [self._judged(batch) for batch in data.checked(self._setup, self._validation)]
        losses, correct = (torch.cat(parts).cpu().numpy() for parts in zip(*batches, strict=True))
        return losses, correct

    def close(self) -> None:
        if vars(self):
            self._steps.close()
        vars(self).clear()
        free()

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def _judged(self, batch: NativeBatch) -> tuple[Any, Any]:
        images, labels = batches.on_device(batch, self._setup)
        with device.arithmetic(self._setup):
            outputs = network.call(self._steps.network, images)
        return self._loss.of_items(outputs, labels)


class StockFineTuning:
    """The epoch loop of PyTorch's tutorials: the loss read in every step, `torch.max` for the prediction."""

    def __init__(self, setup: Setup) -> None:
        self._network = network.build(setup)
        trained = [parameter for parameter in self._network.parameters() if parameter.requires_grad]
        self._optimizer = optimizer(setup, trained)
        self._loss = loss_of_classes(setup)
        self._criterion = self._loss.stock()
        self._loader, self._validation = data.stock_loaders(setup)
        self.training_images, self.validation_images = len(self._loader.dataset), len(self._validation.dataset)

    def train(self) -> float:
        self._network.train()
        running_loss = 0.0
        for images, labels in self._loader:
            images, labels = images.to(device.name()), labels.to(device.name())
            self._optimizer.zero_grad()
            loss = self._criterion(self._network(images), labels)
            loss.backward()
            self._optimizer.step()
            running_loss += loss.item()
        return running_loss / len(self._loader)

    def validate(self) -> tuple[float, float]:
        running_loss, correct = 0.0, 0
        for labels, logits in self._predictions():
            running_loss += self._criterion(logits, labels).item() * len(labels)
            _, predicted = torch.max(logits, 1)
            correct += (predicted == labels).sum().item()
        return running_loss / self.validation_images, correct / self.validation_images

    def validation_losses(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        batches = [self._loss.of_items(logits, labels) for labels, logits in self._predictions()]
        losses, correct = (torch.cat(parts).cpu().numpy() for parts in zip(*batches, strict=True))
        return losses, correct

    def close(self) -> None:
        vars(self).clear()
        free()

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _predictions(self) -> Iterator[tuple[Any, Any]]:
        self._network.eval()
        for images, labels in self._validation:
            yield labels.to(device.name()), self._network(images.to(device.name()))
