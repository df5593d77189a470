"""What the ranks of a data-parallel case do: the step, the same without its exchange, and the exchange alone."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Setup, Work
from harness.record.measurement import ALONE, EXCHANGE
from harness.worker.work import train_step

TOGETHER = "together"


class Works:
    """In one order for all ranks, who tell each other of a work by its place. A single process has nobody to exchange with."""

    def __init__(self, framework: Framework, setup: Setup) -> None:
        self.by_name: dict[str, Work]
        if setup.rank is None:
            self.by_name, self.exchanged_bytes = {TOGETHER: train_step(framework, setup)}, 0
            return
        step = framework.data_parallel(setup)
        self.by_name = {ALONE: step.without_exchange(), EXCHANGE: step.exchange(), TOGETHER: step}  # in the order of closing
        self.exchanged_bytes = step.exchanged_bytes

    def keep_step(self) -> None:
        """Closes what a training has not: what the exchange alone sums is as large as the gradients, and no memory of the step's."""
        while next(iter(self.by_name)) != TOGETHER:
            self._close_first()

    def close(self) -> None:
        while self.by_name:
            self._close_first()

    def _close_first(self) -> None:
        self.by_name.pop(next(iter(self.by_name))).close()
