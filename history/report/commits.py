"""What git knows of the commits that were measured. The JSON holds their hashes alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.record.git import GitError, ask
from history.short_commit import is_hash

_ENCODING = re.compile(rb"^encoding (\S+)$", re.MULTILINE)
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
        self.known: dict[str, Commit] = {}
        self.refusal = ""  # why git tells nothing of a repository that is there
        try:
            self.known = _read(repository, sorted({each for each in hashes if each and is_hash(each)}))
        except GitError as error:
            if any((each / ".git").exists() for each in (repository.resolve(), *repository.resolve().parents)):
                self.refusal = str(error)
        self._between: dict[tuple[str, str], Between | None] = {}

    def between(self, before: str | None, after: str | None) -> Between | None:
        """None where git does not have both, or they are the same."""
        if before is None or after is None or before == after or before not in self.known or after not in self.known:
            return None
        if (before, after) not in self._between:
            self._between[before, after] = _log(self._repository, before, after)
        return self._between[before, after]


def _read(repository: Path, hashes: list[str]) -> dict[str, Commit]:
    """Those that the repository has: a shallow clone lacks most. Raises GitError."""
    return dict(_objects(ask(repository, "cat-file", "--batch", content="\n".join(hashes).encode()))) if hashes else {}


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
            yield header[0], _commit(header[0], _text(content))


def _text(content: bytes) -> str:
    """In the encoding that the commit names. Old ones name none and have another than UTF-8: told with replacement characters."""
    named = _ENCODING.search(content.partition(b"\n\n")[0])
    try:
        return content.decode(named[1].decode() if named else "utf-8", errors="replace")
    except (LookupError, ValueError):
        return content.decode(errors="replace")


def _commit(hash_: str, content: str) -> Commit:
    head, _, message = content.partition("\n\n")
    author = re.search(r"^author (.*?) <", head, re.MULTILINE)
    return Commit(hash=hash_, subject=message.strip().split("\n")[0].strip(), author=author[1] if author else "")


def _log(repository: Path, before: str, after: str) -> Between | None:
    try:
        told = ask(repository, "log", "-z", "--no-show-signature", "--format=tformat:%H%x00%an%x00%s", f"{before}..{after}", "--")
    except GitError:
        return None
    fields = told.decode(errors="replace").split("\0")[:-1]  # no other character is sure to be in none of them
    found = [Commit(hash_, subject, author) for hash_, author, subject in zip(fields[::3], fields[1::3], fields[2::3], strict=True)]
    return Between(count=len(found), commits=tuple(found[:MOST_BETWEEN]))
