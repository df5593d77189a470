"""Data-parallel training by a framework's own engine, as a worker uses it."""

from __future__ import annotations

from typing import Protocol

from harness.frameworks.contract import TrainStep, Work


class DataParallelStep(TrainStep, Protocol):
    """A train step of one of several ranks, by the framework's own engine, on its part of the batch.

    Every rank makes the same calls in the same order: `step` and `gradient_norm` wait for the others. `gradient_norm` is of the gradients'
    mean over all ranks; the loss that `read_back` gives is of the rank's own part.
    """

    exchanged_bytes: int  # what a rank has to have summed over all ranks in a step: the gradients of what it trains, and what else it says

    def without_exchange(self) -> Work:
        """The same step of this rank alone: its weights part from the others'. Its `close` leaves the step itself."""

    def exchange(self) -> Work:
        """The sum over all ranks of as many bytes as a step exchanges, in the same pieces, and nothing else."""
