"""Which journal a session goes on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.record.journal import SUFFIX, Journal, JournalError, is_in_use, read


def unfinished(folder: Path) -> list[Journal]:
    """Of sessions that did not come to their end, the newest first. What is in use or cannot be read is left out."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):  # the time is what their names begin with
        try:
            if not is_in_use(path) and not (journal := read(path)).is_closed:
                found.append(journal)
        except (JournalError, OSError):
            continue
    return found


def left_out(folder: Path) -> list[str]:
    """Why a journal is not gone on with, of each that is in use or cannot be read."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        try:
            if is_in_use(path):
                found.append(f"{path}: another session is writing it")
            else:
                read(path)
        except (JournalError, OSError) as error:
            found.append(str(error))
    return found


def newest(folder: Path, differences: Callable[[Journal], list[str]]) -> tuple[Journal | None, list[str]]:
    """The newest one of the same work; where there are others alone, the newest of them with how it differs; else nothing."""
    journals = unfinished(folder)
    for journal in journals:
        if not differences(journal):
            return journal, []
    return (journals[0], differences(journals[0])) if journals else (None, [])
