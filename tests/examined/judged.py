"""What an examination says of a planted fault, held against what it has to say."""

from __future__ import annotations

from harness.frameworks.tape import Walked
from harness.record.parting import Parting
from tests.examined.plant import Plant

RIGHT = ""


def layer(plant: Plant, found: Walked | str) -> str:
    """What is wrong with the layers that are named; nothing where they are right."""
    if isinstance(found, str):
        return f"refused: {found}"
    named = [each.layer for each in found.partings if not each.inherent]
    if not named:
        return "nothing parts"
    first = next(iter(plant.places))
    if named[0] != first:
        return f"{named[0]!r} is named first, not {first!r}"
    missed = [each for each in plant.places if each not in named]
    return f"{missed} are not named" if missed else RIGHT


def reason(plant: Plant, found: Walked | str) -> str:
    """What is missing of the reasons; nothing where all are named."""
    if isinstance(found, str):
        return f"refused: {found}"
    missed = [
        f"{entry} at {place!r}"
        for place, entries in plant.places.items()
        for entry in entries
        if not any(entry in _entries(each) for each in found.partings if each.layer == place)
    ]
    return f"not named: {', '.join(missed)}" if missed else RIGHT


def wrong(plant: Plant, found: Walked | str) -> str:
    """The reasons that were not planted; nothing where there are none."""
    partings = () if isinstance(found, str) else [each for each in found.partings if not each.inherent]
    told = sorted({entry for each in partings for entry in _entries(each)} - plant.entries)
    return f"not planted: {', '.join(told)}" if told else RIGHT


def _entries(parting: Parting) -> set[str]:
    return {each.entry for each in parting.reasons}
