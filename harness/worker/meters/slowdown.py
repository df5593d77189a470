"""How long something held the GPU's clocks down, from counters that are read before and after: nothing polls in between."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.messages import COUNTERS, Counters, ReadCounters

POWER_CAP = "sw_power_cap"  # normal under load: a figure, not a fault
FAULTS = tuple(name for name in COUNTERS if name != POWER_CAP)


class Slowdown(msgspec.Struct, frozen=True):
    """Between two readings: nanoseconds by counter, of those that the driver tells; of the others why not."""

    nanoseconds: dict[str, int]
    wall_nanoseconds: int
    missing: dict[str, str] = {}

    @property
    def shares(self) -> dict[str, float]:
        """Of the time, by counter."""
        return {name: min(1.0, spent / self.wall_nanoseconds) for name, spent in self.nanoseconds.items()}

    @property
    def throttled_share(self) -> float | None:
        """Of the time that heat or a power brake slowed the GPU; None where the driver tells of neither.

        The largest of the counters: a slowdown may count in several of them at once.
        """
        return max((share for name, share in self.shares.items() if name in FAULTS), default=None)


def read() -> Counters:
    counters: Counters = GPU.ask(ReadCounters())
    return counters


def between(before: Counters, after: Counters) -> Slowdown:
    spent: dict[str, int] = {}
    missing: dict[str, str] = {}
    for name in COUNTERS:
        then, now = before.nanoseconds[name], after.nanoseconds[name]
        if then.value is None or now.value is None:
            missing[name] = then.status if then.value is None else now.status
        elif now.value < then.value:
            missing[name] = "the counter went back: the driver was loaded anew"
        else:
            spent[name] = now.value - then.value
    return Slowdown(spent, max(1, after.clock_nanoseconds - before.clock_nanoseconds), missing)


def figures(windows: Sequence[Slowdown]) -> tuple[dict[str, float], dict[str, str]]:
    """Each counter's share of all these windows together; where one of them lacks it, why."""
    missing = {name: reason for each in reversed(windows) for name, reason in each.missing.items()}
    wall = sum(each.wall_nanoseconds for each in windows)
    shares = {
        name: min(1.0, sum(each.nanoseconds[name] for each in windows) / wall) for name in COUNTERS if windows and name not in missing
    }
    return {f"{name}_share": share for name, share in shares.items()}, {f"{name}_share": reason for name, reason in missing.items()}
