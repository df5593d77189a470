"""The whole job, as a worker uses it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt


class FineTuning(Protocol):
    """The whole job: epochs over the training images, each followed by a validation."""

    training_images: int  # of an epoch
    validation_images: int

    def train(self) -> float:
        """One epoch, complete on return. Gives the mean of the steps' losses."""

    def validate(self) -> tuple[float, float]:
        """Mean loss and accuracy over the validation images, as the framework's users get them."""

    def validation_losses(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Of each validation image its loss and whether it was recognised, shapes (validation_images,): for the intervals."""

    def close(self) -> None:
        """Frees what the job holds: memory, threads, processes."""
