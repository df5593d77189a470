"""What git knows of the commits that were measured. The JSON holds their hashes alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from history.git import git
from history.records import BadInput

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MOST_BETWEEN = 20


class Commit(msgspec.Struct, frozen=True):
    hash: str
    subject: str
    author: str


class Between(msgspec.Struct, frozen=True):
    """Commits after one and up to another, the newest first."""

    count: int
    commits: tuple[Commit, ...]  # at most `MOST_BETWEEN`


class Commits:
    def __init__(self, repository: Path, hashes: Iterable[str | None]) -> None:
        self._repository = repository
        self.known = _read(repository, sorted({each for each in hashes if each and _HASH.fullmatch(each)}))
        self._between: dict[tuple[str, str], Between | None] = {}

    def between(self, before: str | None, after: str | None) -> Between | None:
        """None where git does not have both, or they are the same."""
        if before is None or after is None or before == after or before not in self.known or after not in self.known:
            return None
        if (before, after) not in self._between:
            self._between[before, after] = _log(self._repository, before, after)
        return self._between[before, after]


def _read(repository: Path, hashes: list[str]) -> dict[str, Commit]:
    """Those that the repository has: a shallow clone lacks most, and a folder without git all."""
    if not hashes:
        return {}
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), "cat-file", "--batch"], input="\n".join(hashes).encode(), capture_output=True, check=False
        )
    except OSError:
        return {}
    return dict(_objects(done.stdout)) if done.returncode == 0 else {}


def _objects(output: bytes) -> Iterable[tuple[str, Commit]]:
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        header = output[position:end].decode(errors="replace").split()
        position = end + 1
        if len(header) != 3 or not header[2].isdecimal():
            continue  # "<hash> missing"
        content = output[position : position + int(header[2])]
        position += int(header[2]) + 1
        if header[1] == "commit":
            yield header[0], _commit(header[0], content.decode(errors="replace"))


def _commit(hash_: str, content: str) -> Commit:
    head, _, message = content.partition("\n\n")
    author = re.search(r"^author (.*?) <", head, re.MULTILINE)
    return Commit(hash=hash_, subject=message.strip().split("\n")[0].strip(), author=author[1] if author else "")


def _log(repository: Path, before: str, after: str) -> Between | None:
    try:
        lines = git(repository, "log", "--format=%H%x00%an%x00%s", f"{before}..{after}", "--").splitlines()
    except BadInput:
        return None
    parts = [line.split("\0", 2) for line in lines[:MOST_BETWEEN]]
    return Between(count=len(lines), commits=tuple(Commit(hash_, subject, author) for hash_, author, subject in parts))
