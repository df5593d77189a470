"""Joules an item: the GPU's own counter, read on both sides of the rounds of each block. What lies between blocks is not counted.

The counter is the whole GPU's, what it takes at rest included. It is information, never a gate. The driver refreshes it about every
100 ms: a reading tells what was used up to the last refresh. So a block's window begins and ends with one, at work on both sides: steps go
on until the reading changes, and those after the rounds count, as do rounds that are taken again. Either end is off by a step at most.
Steps that outlast a refresh are not waited for at the end: one goes before the rounds, and both ends are late by as much on average.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.messages import Energy, ReadEnergy

LEAST_SECONDS = 2.0  # of all blocks together: eight windows that are off by a refresh at either end are 6 % off in all
REFRESH_SECONDS = 0.1
REFRESH_LIMIT_SECONDS = 0.5  # a counter that has not moved for so long, at work, stands still


class EnergyMeter:
    """Begun and ended around each block. Where the counter cannot be read, or stands still, no step is done for it any more."""

    def __init__(self, items_per_step: int) -> None:
        self._items_per_step = items_per_step
        self._joules = self._seconds = 0.0
        self._items = 0
        self._why_not = ""
        self._begun: Energy | None = None
        self._is_late = False  # a step outlasts a refresh

    def begin_block(self, do_step: Callable[[], object]) -> None:
        """do_step: does one step of the work, and waits for it."""
        start = time.perf_counter()
        self._begun, steps = self._refreshed(do_step)
        self._is_late = time.perf_counter() - start > steps * REFRESH_SECONDS

    def end_block(self, do_step: Callable[[], object], steps: int) -> None:
        """steps: done since the block's begin, whatever became of their durations."""
        begun, self._begun = self._begun, None
        if begun is None:
            return
        ended, more = (self._read(), 0) if self._is_late else self._refreshed(do_step)
        if ended is None:
            return
        if _millijoules(ended) < _millijoules(begun):
            self._why_not = "the counter went back: the driver was loaded anew"
            return
        self._joules += (_millijoules(ended) - _millijoules(begun)) / 1e3
        self._seconds += (ended.clock_nanoseconds - begun.clock_nanoseconds) / 1e9
        self._items += (steps + more) * self._items_per_step

    def figures(self, item: str) -> tuple[dict[str, float], dict[str, str]]:
        """Figures, and what is missing of them with the reason. item: the word for what passes through the steps."""
        name = f"joules_per_{item}"
        if not self._items:
            self._read()  # no block was ended: still, that there is no counter is the better reason
        if self._why_not:
            return {}, {name: self._why_not}
        if self._seconds < LEAST_SECONDS:
            watched = f"the counter was read over {self._seconds:.1f} s of rounds, it takes {LEAST_SECONDS:g} s"
            return {}, {name: f"{watched}: raise --benchmark-max-time"}
        return {name: self._joules / self._items, "energy_window_seconds": self._seconds}, {}

    def _refreshed(self, do_step: Callable[[], object]) -> tuple[Energy | None, int]:
        """The first reading after a refresh, and the steps that were done until then; None where there is none."""
        read, steps, start = self._read(), 0, time.perf_counter()
        before = read
        while read is not None and before is not None and _millijoules(read) == _millijoules(before):
            if time.perf_counter() - start > REFRESH_LIMIT_SECONDS and steps > 1:
                self._why_not = "the driver's counter stood still"
                return None, steps
            do_step()
            read, steps = self._read(), steps + 1
        return read, steps

    def _read(self) -> Energy | None:
        """None from the first reading on that the driver refused: a window with a hole tells nothing."""
        if self._why_not:
            return None
        read: Energy = GPU.ask(ReadEnergy())
        if read.millijoules.value is None:
            self._why_not = read.millijoules.status
            return None
        return read


def _millijoules(read: Energy) -> int:
    assert read.millijoules.value is not None, "a reading without a value ends the meter"
    return read.millijoules.value
