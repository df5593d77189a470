"""What was wrong with a file, and what was done about it: in the terminal and on the page."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    UNREADABLE = "left out"
    DUPLICATE = "duplicate"
    CLOCK = "clock"
    SCHEMA = "older schema"
    MACHINES = "several machines"
    COMMITS = "commits"
    UNFINISHED = "unfinished"
    CONDENSED = "condensed"


class Note(msgspec.Struct, frozen=True):
    kind: Kind
    source: str  # the file, below the storage; "" for the storage as a whole
    text: str
