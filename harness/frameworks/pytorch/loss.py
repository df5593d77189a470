"""The losses that a model may have, by name."""

from __future__ import annotations

from typing import Any

import torch

from fixtures import models
from fixtures.models import Loss


class CrossEntropy:
    """Of logits, and a label for each item."""

    def mean(self, logits: Any, labels: Any) -> Any:
        """Over the batch, in float32 whatever the network's precision."""
        return torch.nn.functional.cross_entropy(logits.float(), labels)

    def of_items(self, logits: Any, labels: Any) -> tuple[Any, Any]:
        """Each item's loss, and whether it was recognised."""
        return torch.nn.functional.cross_entropy(logits, labels, reduction="none"), logits.argmax(1) == labels

    def stock(self) -> Any:
        """As PyTorch's users have it."""
        return torch.nn.CrossEntropyLoss()


LOSSES = {Loss.CROSS_ENTROPY: CrossEntropy()}


def loss_of(model: str) -> CrossEntropy:
    return LOSSES[models.load(model).loss]
