"""How long a collection may take: a runner that kills it at its own limit would take the pair at hand with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """Time for one pair after another."""

    def __init__(self, minutes: float | None) -> None:
        """minutes: None for as long as it takes."""
        self._ends_seconds = None if minutes is None else time.monotonic() + 60.0 * minutes
        self._longest_seconds = 0.0  # of a pair

    @property
    def allows_another(self) -> bool:
        """Whether a pair that takes as long as the longest one so far would end in time."""
        return self._ends_seconds is None or time.monotonic() + self._longest_seconds < self._ends_seconds

    @contextmanager
    def pair(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._longest_seconds = max(self._longest_seconds, time.monotonic() - begun)
