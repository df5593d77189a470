"""What a worker has given of one case: from its beginning, block by block, to its end."""

from __future__ import annotations

import msgspec

from harness.record.measurement import Epoch
from harness.record.round import Round
from harness.worker.protocol import Begun, Block, Ended


class Taken(msgspec.Struct, frozen=True):
    """Empty before the case has begun."""

    begun: Begun | None = None
    blocks: tuple[Block, ...] = ()
    ended: Ended | None = None

    @property
    def steps_per_round(self) -> int:
        return self.begun.steps_per_round if self.begun else 1

    @property
    def rounds(self) -> tuple[Round, ...]:
        return tuple(round_ for block in self.blocks for round_ in block.rounds)

    @property
    def references(self) -> dict[str, tuple[Round, ...]]:
        names = list(dict.fromkeys(name for block in self.blocks for name in block.references))
        return {name: tuple(each for block in self.blocks for each in block.references.get(name, ())) for name in names}

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        return tuple(block.epoch for block in self.blocks if block.epoch is not None)

    @property
    def step_seconds(self) -> list[float]:
        return [round_.seconds / self.steps_per_round for round_ in self.rounds]

    @property
    def retaken_seconds(self) -> float:
        return sum(block.retaken_seconds for block in self.blocks)

    @property
    def measured_seconds(self) -> float:
        """Spent in blocks, retakes included."""
        return sum(block.busy_seconds for block in self.blocks)

    @property
    def busy_seconds(self) -> float:
        """Spent measuring, or warming up what is measured. The rest of a session is overhead."""
        warm_up = self.begun.cold_start.warm_up_seconds if self.begun and self.begun.cold_start else 0.0
        return warm_up + self.measured_seconds + (self.ended.busy_seconds if self.ended else 0.0)
