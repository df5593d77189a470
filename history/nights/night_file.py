"""A night's file in the folder: how it is called, and how it is replaced."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from history.packing import SUFFIX, packed
from history.records import TO_SHOW, BadInput, Run, parse, read
from history.short_commit import is_hash, short_commit


def name(run: Run) -> str:
    """The same for the same run, and of no two others: so that it may be kept twice."""
    try:
        when = datetime.fromisoformat(run.datetime)
        moment = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    except (ValueError, OverflowError):
        moment = "undated"
    commit = short_commit(run.commit) if is_hash(run.commit) else "unversioned"
    return f"{moment}_{commit}_{run.identity}.json{SUFFIX}"


def packed_path(path: Path) -> Path:
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def replace(path: Path, content: bytes) -> None:
    """By its packed content, whole or not at all: whoever is stopped in it loses nothing. Raises BadInput."""
    target = packed_path(path)
    if target != path and target.exists() and not _same_run(target, content):
        raise BadInput(f"{path}: {target.name} is another run, or cannot be read. Rename one of the two, or remove it.")
    write(target, content)
    if target != path:
        path.unlink()


def write(path: Path, content: bytes) -> None:
    """Packed."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(packed(content))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise BadInput(f"{path}: cannot be written ({error.strerror}).") from error


def _same_run(path: Path, content: bytes) -> bool:
    try:
        return read(path, TO_SHOW).identity == parse(path, content, TO_SHOW).identity
    except BadInput:
        return False
