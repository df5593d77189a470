"""The sides of a comparison as whoever reads the findings knows them: their order, and how people write them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.frameworks import rank, title

__all__ = ["ordered", "rank", "title"]


def ordered(frameworks: Iterable[str]) -> tuple[str, ...]:
    """Each once; those that are listed no more come last, by name."""
    return tuple(sorted(set(frameworks), key=lambda each: (rank(each), each)))
