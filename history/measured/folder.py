"""A folder of sessions of one machine, with what people have to say of them beside it.

*.json           the sessions, as pytest-benchmark writes them
about.toml       the page's title, notes, and what was tried in vain
published.toml   figures that others have published, if any
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from harness.record.comparable import THE_MACHINE_ITSELF, surroundings_differences
from history.measured.session import Session, read_session
from history.records import BadInput

ABOUT, PUBLISHED = "about.toml", "published.toml"
SESSIONS = "*.json"

Told = TypeVar("Told")


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In Markdown, but for the title."""

    title: str
    notes: tuple[str, ...] = ()
    not_measured: tuple[str, ...] = ()  # beside what follows from the files


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A count of operations that somebody else has published."""

    figure: str
    who: str
    source: str
    gflop_per_item: float
    differs: str


class PublishedFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: str
    chip: str  # of `Published.chips`: GPU and arithmetic
    figure: str  # the name of ours
    value: float
    batch_size: int
    software: str
    differs: str  # beyond what the other fields say
    source: str  # an address
    file: str  # of the session that has the nearest of ours
    case: str  # its node id


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chips: dict[str, float] = {}  # dense peaks in TFLOP/s, by GPU and arithmetic
    counted: Counted | None = None
    figures: tuple[PublishedFigure, ...] = ()
    note: str = ""  # in Markdown: what was looked for, and not found


class Folder(msgspec.Struct, frozen=True):
    place: str  # as it was named
    about: About
    published: Published
    sessions: tuple[Session, ...]  # in the order of time


def read_folder(path: Path) -> Folder:
    """Raises BadInput where something is missing or cannot be read."""
    if not path.is_dir():
        raise BadInput(f"{path}: is no folder. Name the one that has the sessions' JSON and {ABOUT}.")
    files = sorted(path.glob(SESSIONS))
    if not files:
        raise BadInput(f"{path}: has no {SESSIONS}. Measure with --benchmark-json={path}/NAME.json.")
    sessions = sorted(map(read_session, files), key=lambda each: each.run.datetime)
    _expect_one_machine(path, sessions)
    published = path / PUBLISHED
    return Folder(
        place=path.as_posix(),
        about=_told(path / ABOUT, About),
        published=_told(published, Published) if published.exists() else Published(),
        sessions=tuple(sessions),
    )


def _expect_one_machine(path: Path, sessions: list[Session]) -> None:
    first = sessions[0]
    for other in sessions[1:]:
        differences = (each for each in surroundings_differences(first.run.machine, other.run.machine) if each.field in THE_MACHINE_ITSELF)
        if differs := next(differences, None):
            told = f"{first.name} and {other.name} are of two machines ({differs.told})"
            raise BadInput(f"{path}: {told}. Put the sessions of each machine into a folder of their own.")


def _told(path: Path, kind: type[Told]) -> Told:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}). It has to say at least: title = …") from error
    except msgspec.DecodeError as error:
        raise BadInput(f"{path}: {error}.") from error
