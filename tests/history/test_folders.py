"""The folders of `history`: each knows those below it in the flow of the data, and none of them knows it."""

from __future__ import annotations

import ast
from pathlib import Path

HISTORY = Path(__file__).parents[2] / "history"
PROGRAM = HISTORY / "__main__.py"  # stands above them all: it is no part of the folder that it lies in


def test_no_two_folders_import_one_another() -> None:
    """A folder and one that lies in it are two."""
    needs = {
        (folder(path), other) for path in HISTORY.rglob("*.py") if path != PROGRAM for other in imported(path) if other != folder(path)
    }
    assert ("history.report", "history.report.pictures") in needs
    assert [pair for pair in needs if pair[::-1] in needs] == []


def folder(path: Path) -> str:
    return ".".join(path.parent.relative_to(HISTORY.parent).parts)


def imported(path: Path) -> set[str]:
    """The folders of `history` that a file imports from."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    names = [f"{node.module}.{alias.name}" for node in found for alias in node.names]
    return {place for name in names if name.startswith("history.") and (place := _folder_of(name))}


def _folder_of(name: str) -> str:
    """name: of a module, or of what is in one, or in a package."""
    parts = name.split(".")
    while not HISTORY.parent.joinpath(*parts).is_dir():
        parts.pop()
    return ".".join(parts)
