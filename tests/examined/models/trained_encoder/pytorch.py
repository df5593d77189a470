"""The text encoder that ships, with a loss and an optimiser of its own: those that the suite trains it by."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from fixtures.models.text_encoder.pytorch import network as network
from harness.frameworks.pytorch.training import KerasAdam


def loss(logits: Tensor, topic: Tensor) -> Tensor:
    return functional.cross_entropy(logits, topic)


def optimizer(parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    return KerasAdam(parameters, lr=1e-3)
