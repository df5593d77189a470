"""How long an answer is waited for. While pytest itself is stopped (Ctrl-Z, a paused container) nobody waits, and the clock goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

LATE_SECONDS = 1.0  # a wait that lasts so much longer than it was given was stopped meanwhile: a busy machine's is later by less


class Deadline:
    def __init__(self, seconds: float) -> None:
        self._left_seconds = seconds
        self._last_seconds = time.monotonic()

    @property
    def is_over(self) -> bool:
        return self._left_seconds <= 0.0

    @contextmanager
    def waiting(self, longest_seconds: float) -> Iterator[float]:
        """A single wait, and what it is given. Whatever was done since the one before counts, too."""
        given_seconds = max(0.0, min(longest_seconds, self._left_seconds))
        try:
            yield given_seconds
        finally:
            now = time.monotonic()
            self._left_seconds -= min(now - self._last_seconds, given_seconds + LATE_SECONDS)
            self._last_seconds = now
