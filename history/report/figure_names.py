"""Figures by their names: how whatever was measured is called, and in which unit it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.findings.figures import known
from harness.record.figure import Figure, Unit


def named(names: Iterable[str], items: Iterable[str]) -> dict[str, Figure]:
    """One that no phase declares, or no longer, is a number of that name."""
    declared = known(items)
    return {name: declared.get(name) or Figure(name, name.replace("_", " "), Unit.NUMBER) for name in names}


def with_unit(figure: Figure, number: float | None) -> str:
    """A rate is written without one, as its title is the unit: images/s."""
    written = figure.written(number)
    return f"{written} {figure.title}" if figure.unit is Unit.RATE and number is not None else written


def for_scripts(figure: Figure) -> dict[str, Any]:
    """What `figures.js` writes numbers by."""
    return {"title": figure.title, "unit": figure.unit, "digits": figure.digits}
