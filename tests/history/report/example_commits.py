"""The commits that the example's nights are of: git's own objects, kept as text, as two of them are in no branch of this project."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.repositories import git

NIGHTS = Path(__file__).parents[3] / "docs" / "measured" / "nights"
MEASURED_BY = "python -m tests.history.report.example_nights"
COMMITS, PATCHES = NIGHTS / "commits", NIGHTS / "patches"


def stored(clone: Path, commits: Sequence[str]) -> None:
    """Of a clone that is about to be thrown away. In the order in which one follows the other."""
    COMMITS.mkdir(exist_ok=True)
    for place, commit in enumerate(commits, start=1):
        (COMMITS / f"{place}-{commit}").write_bytes(_bytes(clone, "cat-file", "commit", commit))


def repository(folder: Path) -> Path:
    """One that has these commits and nothing else: neither what came before the first, nor any file."""
    git(folder.parent, "init", "--quiet", "--bare", str(folder))
    paths = sorted(COMMITS.iterdir())
    for path in paths:
        made = _bytes(folder, "hash-object", "-t", "commit", "-w", "--literally", str(path)).decode().strip()
        if made != path.name.partition("-")[2]:
            raise RuntimeError(f"{path}: is commit {made}, and not the one that it is called")
    (folder / "shallow").write_text(paths[0].name.partition("-")[2] + "\n")  # git then looks for no parent of the first
    git(folder, "update-ref", "HEAD", paths[-1].name.partition("-")[2])
    return folder


def _bytes(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True).stdout
