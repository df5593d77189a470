"""The frameworks' colours: the same for one everywhere on the site."""

from __future__ import annotations

from harness.findings.sides import rank

COLOURS = 3  # in the style sheet; further frameworks have them once more


def colour(framework: str) -> int:
    """Its number in the style sheet."""
    return rank(framework) % COLOURS
