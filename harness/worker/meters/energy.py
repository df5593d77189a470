"""Joules an image: the GPU's own counter, read on both sides of a few seconds of the steps that were timed.

The counter is the whole GPU's, what it takes at rest included. It is information, never a gate: the driver refreshes it about every
100 ms, which is 2 % of the window on either side.
"""

from __future__ import annotations

import time

from harness.frameworks.contract import Work
from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.messages import Energy, ReadEnergy
from harness.worker.timing.sampling import timed_step

NAME = "joules_per_image"
WINDOW_SECONDS = 5.0  # at least


def joules_per_image(work: Work, steps_per_round: int, batch_size: int) -> tuple[dict[str, float], dict[str, str]]:
    """Figures, and what is missing of them with the reason. Where the counter cannot be read no step is done."""
    before: Energy = GPU.ask(ReadEnergy())
    if before.millijoules.value is None:
        return {}, {NAME: before.millijoules.status}
    timed_step(work, steps_per_round)  # from rest the clocks and the power take a while to rise
    before = GPU.ask(ReadEnergy())
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < WINDOW_SECONDS:
        timed_step(work, steps_per_round)
        steps += steps_per_round
    after: Energy = GPU.ask(ReadEnergy())
    if before.millijoules.value is None or after.millijoules.value is None:
        lost = before if before.millijoules.value is None else after
        return {}, {NAME: lost.millijoules.status}
    joules = (after.millijoules.value - before.millijoules.value) / 1e3
    if joules <= 0.0:
        return {}, {NAME: "the driver's counter stood still"}
    seconds = (after.clock_nanoseconds - before.clock_nanoseconds) / 1e9
    return {NAME: joules / (steps * batch_size), "energy_window_seconds": seconds}, {}
