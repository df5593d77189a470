"""Joules an item: the GPU's own counter, read on both sides of a few seconds of the steps that were timed.

The counter is the whole GPU's, what it takes at rest included. It is information, never a gate: the driver refreshes it about every
100 ms, which is 2 % of the window on either side.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.messages import Energy, ReadEnergy

WINDOW_SECONDS = 5.0  # at least


def joules_per_item(do_round: Callable[[], object], items_per_round: int, item: str) -> tuple[dict[str, float], dict[str, str]]:
    """Figures, and what is missing of them with the reason. Where the counter cannot be read no round is done.

    do_round: does the steps of a round, and waits for them. item: the word for what passes through them.
    """
    name = f"joules_per_{item}"
    before: Energy = GPU.ask(ReadEnergy())
    if before.millijoules.value is None:
        return {}, {name: before.millijoules.status}
    do_round()  # from rest the clocks and the power take a while to rise
    before = GPU.ask(ReadEnergy())
    items, start = 0, time.perf_counter()
    while time.perf_counter() - start < WINDOW_SECONDS:
        do_round()
        items += items_per_round
    after: Energy = GPU.ask(ReadEnergy())
    if before.millijoules.value is None or after.millijoules.value is None:
        lost = before if before.millijoules.value is None else after
        return {}, {name: lost.millijoules.status}
    joules = (after.millijoules.value - before.millijoules.value) / 1e3
    if joules <= 0.0:
        return {}, {name: "the driver's counter stood still"}
    seconds = (after.clock_nanoseconds - before.clock_nanoseconds) / 1e9
    return {name: joules / items, "energy_window_seconds": seconds}, {}
