"""An input pipeline and the machine's limit, measured in turns: what drifts meanwhile reaches both."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from harness.frameworks.contract import Setup
from harness.worker.protocol import Measure
from harness.worker.timing.drained import Drained
from harness.worker.timing.limit import Limit
from harness.worker.timing.rounds import Window
from harness.worker.timing.step import timed_step


class Beside(NamedTuple):
    """Windows of a pipeline, of the limit, and those thrown away of both."""

    kept: list[Window]
    limit: list[Window]
    thrown_away: list[Window]


class BesideLimit:
    """Which of the two is first changes from turn to turn."""

    def __init__(self, drained: Drained, setup: Setup) -> None:
        """drained: at rest, its buffers full. setup: its threads are the pipeline's, or its workers, and the limit's."""
        self.drained = drained
        self._limit = Limit(setup)
        try:
            timed_step(self._limit, self.batches_per_round)
        except Exception:
            self._limit.close()
            raise

    @property
    def batches_per_round(self) -> int:
        return self.drained.batches_per_round

    def windows(self, turn: Measure) -> Beside:
        """Each of the two gets half of the turn."""
        half = msgspec.structs.replace(turn, seconds=turn.seconds / 2, retake_seconds=turn.retake_seconds / 2)
        if turn.block % 2:
            limit, limit_thrown_away = self._limit.windows(half, self.batches_per_round)
            kept, thrown_away = self.drained.windows(half)
        else:
            kept, thrown_away = self.drained.windows(half)
            limit, limit_thrown_away = self._limit.windows(half, self.batches_per_round)
        return Beside(kept, limit, thrown_away + limit_thrown_away)

    def close(self) -> None:
        """The pipeline's owner closes that one."""
        self._limit.close()
