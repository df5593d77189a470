"""A fault that is put into a model on purpose, and what an examination has to say of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from fixtures.models.folder import Folder, find, shipped

MODELS = Path(__file__).parent / "models"
PYTORCH, TENSORFLOW = "pytorch", "tensorflow"


class Plant(msgspec.Struct, frozen=True):
    """A change of the text of one of a model's files. The text may name what `mistaken` has for that framework: `mistaken.odd`."""

    model: str  # a folder of `models`, or a shipped model
    file: str  # the framework whose file is changed
    changes: dict[str, str]  # each text is found there, and replaced wherever it is
    # By the layer that is to be named, the first first: the catalogue's entries that are to be named there. None for a fault that the
    # catalogue does not know. Where a change is one of many layers, the first alone.
    places: dict[str, tuple[str, ...]]

    @property
    def entries(self) -> frozenset[str]:
        return frozenset(entry for each in self.places.values() for entry in each)

    def planted(self, name: str, root: Path) -> Folder:
        """A copy of the model in `root`, called so, with the fault in it."""
        original = model(self.model)
        copy = root / name
        shutil.copytree(original.root, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / f"{self.file}.py"
        text = file.read_text()
        for old, new in self.changes.items():
            assert old in text, f"{name}: {self.model}'s {file.name} has no {old!r}"
            text = text.replace(old, new)
        file.write_text(f"{text}\n\nfrom tests.examined.mistaken import {self.file} as mistaken\n")
        return find(str(copy))


def model(name: str) -> Folder:
    """Of `models`, or a shipped one."""
    return find(name if name in shipped() else str(MODELS / name))


def equal() -> list[str]:
    """The models of this folder: networks that agree as they stand."""
    return sorted(each.name for each in MODELS.iterdir() if (each / "model.toml").is_file())


def in_pytorch(of: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    """One fault in one place; the entry is "" where the catalogue has none."""
    return Plant(of, PYTORCH, dict(changes), {place: (entry,) if entry else ()})


def in_tensorflow(of: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return Plant(of, TENSORFLOW, dict(changes), {place: (entry,) if entry else ()})
