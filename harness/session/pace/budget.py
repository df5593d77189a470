"""How long a session may take."""

from __future__ import annotations

import math
import time


class Budget:
    """From the start of the session on; infinite where nobody has set one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start_seconds = time.monotonic()

    @property
    def is_set(self) -> bool:
        return math.isfinite(self.seconds)

    @property
    def spent_seconds(self) -> float:
        return time.monotonic() - self._start_seconds

    @property
    def left_seconds(self) -> float:
        return max(0.0, self.seconds - self.spent_seconds)
