"""A folder of nights: new ones come in, older ones are condensed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from history.nights import night_file
from history.nights.condensed_file import condensed_file
from history.packing import compact, is_packed, unpacked
from history.records import TO_SHOW, BadInput, parse
from history.report.machines import Key, key
from history.report.notes import Kind, Note
from history.report.storage import Dated, load


class Kept(msgspec.Struct, frozen=True):
    nights: int
    with_rounds: int  # of them
    condensed_now: int
    folder_bytes: int  # of the files of nights
    notes: tuple[Note, ...]  # of files that are no night, which stay as they are, and of those that are there twice


def keep(files: Sequence[Path], folder: Path, raw_nights: int, cache_folder: Path) -> Kept:
    """raw_nights: so many of the newest of each machine stay with their rounds. Raises BadInput; for what is no night before it writes."""
    for name, content in [_arrived(path) for path in files]:
        night_file.write(folder / name, content)
    storage = load(folder, cache_folder)
    older = _older(storage.nights, raw_nights)
    every = {dated.source: dated.night.condensed for dated in storage.nights}  # whether it has been already
    own = {night_file.packed_path(folder / source) for source in every}
    of_duplicates = (note.source for note in storage.notes if note.kind is Kind.DUPLICATE)
    twice = {source for source in of_duplicates if night_file.packed_path(folder / source) not in own}  # else about to be replaced
    to_condense = {source for source in older if not every[source]}
    for source in (*every, *twice):
        _replace(folder / source, condense=source in to_condense or source in twice)
    return Kept(
        nights=len(every),
        with_rounds=sum(not condensed and source not in older for source, condensed in every.items()),
        condensed_now=len(to_condense),
        folder_bytes=sum(night_file.packed_path(folder / source).stat().st_size for source in (*every, *twice)),
        notes=tuple(note for note in storage.notes if note.kind in (Kind.UNREADABLE, Kind.DUPLICATE)),
    )


def _arrived(path: Path) -> tuple[str, bytes]:
    """What it is called in the folder, and its content."""
    content = _read(path)
    return night_file.name(parse(path, content, TO_SHOW)), compact(unpacked(content))


def _older(nights: Sequence[Dated], raw_nights: int) -> set[str]:
    """nights: in order."""
    of_machine: dict[Key, list[str]] = {}
    for dated in nights:
        of_machine.setdefault(key(dated.night.machine), []).append(dated.source)
    return {source for sources in of_machine.values() for source in sources[:-raw_nights]}


def _replace(path: Path, condense: bool) -> None:
    """What is there already as it is to be stays untouched: git then has it once."""
    content = _read(path)
    as_it_is = unpacked(content)
    wanted = condensed_file(path, content) if condense else compact(as_it_is)
    if wanted != as_it_is or not is_packed(content) or path != night_file.packed_path(path):
        night_file.replace(path, wanted)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}).") from error
