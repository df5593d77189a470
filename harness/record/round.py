"""One round: what is timed between two fences."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

FOREIGN_SHARE_LIMIT = 0.10  # of all cores: more, and a round counts as disturbed
THROTTLED_SHARE_LIMIT = 0.05  # of the time: more, and a round counts as throttled


class Round(msgspec.Struct, frozen=True):
    """`steps_per_round` steps between two fences."""

    seconds: float
    cpu_seconds: float  # of the worker and its children
    foreign_cpu_share: float  # of all cores, taken by other processes (or stolen by the hypervisor) meanwhile
    block: int  # which turn of the alternation A B B A … it belongs to
    device_seconds: float | None = None  # by the device's own events, where the framework has them
    throttled_share: float | None = None  # of the time the GPU was slowed by heat or a power brake; None: no GPU, or it does not tell

    @property
    def disturbed(self) -> bool:
        return self.foreign_cpu_share > FOREIGN_SHARE_LIMIT

    @property
    def throttled(self) -> bool:
        return (self.throttled_share or 0.0) > THROTTLED_SHARE_LIMIT

    @property
    def sound(self) -> bool:
        """What its duration shows is the work: neither other processes nor a GPU that is too hot."""
        return not (self.disturbed or self.throttled)

    def scaled(self, scale: float) -> Round:
        """As it would be with `scale` times as many steps."""
        device_seconds = None if self.device_seconds is None else self.device_seconds * scale
        return msgspec.structs.replace(
            self, seconds=self.seconds * scale, cpu_seconds=self.cpu_seconds * scale, device_seconds=device_seconds
        )


def mostly_disturbed(rounds: Sequence[Round]) -> bool:
    return sum(each.disturbed for each in rounds) > len(rounds) / 2
