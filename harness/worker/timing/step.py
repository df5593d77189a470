"""How long steps take, whatever they do."""

from __future__ import annotations

import time

from harness.frameworks.contract import Work


def timed_step(work: Work, steps: int = 1) -> float:
    """Seconds for `steps` steps between two fences."""
    work.fence()
    start = time.perf_counter()
    for _ in range(steps):
        work.step()
    work.fence()
    return time.perf_counter() - start
