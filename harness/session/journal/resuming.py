"""Which journal a session goes on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.record.journal import SUFFIX, Journal, JournalError, is_in_use, read


def unfinished(folder: Path) -> list[Journal]:
    """Of sessions that did not come to their end, the newest first. What is in use or cannot be read is left out."""
    return [each for each in _found(folder) if isinstance(each, Journal) and not each.is_closed]


def left_out(folder: Path) -> list[str]:
    """Why a journal is not gone on with, of each that is in use or cannot be read."""
    return [each for each in _found(folder) if isinstance(each, str)]


def newest(folder: Path, differences: Callable[[Journal], list[str]]) -> tuple[Journal | None, list[str]]:
    """The newest one of the same work; where there are others alone, the newest of them with how it differs; else nothing."""
    found = [(journal, differences(journal)) for journal in unfinished(folder)]
    return next((each for each in found if not each[1]), found[0] if found else (None, []))


def _found(folder: Path) -> Iterator[Journal | str]:
    """Each journal, the newest first, or why it cannot be had."""
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):  # the time is what their names begin with
        try:
            yield f"{path}: another session is writing it" if is_in_use(path) else read(path)
        except (JournalError, OSError) as error:
            yield str(error)
