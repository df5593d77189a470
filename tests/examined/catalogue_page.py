"""The catalogue as a chapter of the guide to migrating: `python -m tests.examined.catalogue_page`, in PyTorch's environment, writes it."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from pathlib import Path

import tests.examined
from harness.frameworks.pytorch.walk import catalogue
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry
from tests.examined.plant import Plant

GUIDE = Path(__file__).parents[2] / "docs" / "migrating.md"
BEGIN, END = "<!-- from the catalogue: begin -->\n", "<!-- from the catalogue: end -->\n"
PREFIX = "plants_"
# Of what no setting can make alike: the tests that have it, where nothing is planted.
INHERENT = {"unbiased_variance": [("test_what_no_setting_can_make_alike_is_told_as_that", "test_training.py")]}
MOST = 2  # plants of an entry that are named

Planted = dict[str, list[tuple[str, str]]]  # by entry: names of plants, and the file that has each


def chapter() -> str:
    planted = _planted()
    return "\n".join(_told(entry, planted[entry.name]) for entry in catalogue.ENTRIES)


def written(guide: str) -> str:
    """The guide with the chapter as it is now."""
    before, _, rest = guide.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{chapter()}\n{END}{after}"


def _told(entry: Entry, plants: list[tuple[str, str]]) -> str:
    named = ", ".join(f"[{name}](../tests/examined/{file})" for name, file in plants[:MOST])
    lines = (
        f"**{_capital(entry.title)}** (`{entry.name}`). {entry.symptom}",
        "",
        f"- PyTorch: {entry.pytorch}",
        f"- Keras: {entry.tensorflow}",
        f"- planted and found: {named}",
        "",
    )
    return "\n".join(lines)


def _planted() -> Planted:
    """Of the files that hold plants; one that gathers others' is left out."""
    found: Planted = defaultdict(list, INHERENT)
    seen: set[int] = set()
    modules = (each.name for each in pkgutil.iter_modules(tests.examined.__path__) if each.name.startswith(PREFIX))
    plants = {name: importlib.import_module(f"tests.examined.{name}").PLANTS for name in modules}
    for module, held in sorted(plants.items(), key=lambda each: len(each[1])):
        for name, plant in held.items():
            if id(plant) not in seen and isinstance(plant, Plant):
                seen.add(id(plant))
                for entry in sorted(plant.entries):
                    found[entry].append((name, f"{module}.py"))
    for entry in found.keys() - INHERENT.keys():
        found[entry].sort(key=lambda one: len(_entries(plants, one)))
    return found


def _entries(plants: dict[str, dict[str, Plant]], one: tuple[str, str]) -> frozenset[str]:
    """A plant of one fault shows an entry better than one of three."""
    name, file = one
    return plants[file.removesuffix(".py")][name].entries


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
