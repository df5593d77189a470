"""The frameworks' colours: the same for one everywhere on the site."""

from __future__ import annotations

from collections.abc import Iterable

from harness.findings.sides import rank

COLOURS = 3  # in the style sheet; further frameworks have them once more


def colour(framework: str) -> int:
    """Its number in the style sheet."""
    return rank(framework) % COLOURS


def different(wanted: Iterable[int]) -> list[int]:
    """The wanted colours, one that another has already replaced by the next that is free; where none is, it is had twice."""
    found: list[int] = []
    for first in wanted:
        choices = [(first + step) % COLOURS for step in range(COLOURS)]
        found.append(next((each for each in choices if each not in found), first))
    return found
