"""The storage: which of its files are nights, and in what order. What is odd about them is noted, the rest goes on."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from harness.record.measurement import SCHEMA_VERSION
from harness.record.parting import EXAMINATIONS_FOLDER
from harness.record.text import is_text, visible
from history.packing import SUFFIX
from history.pairs.comparison import NAME as COMPARISON_NAME
from history.records import BadInput
from history.report.night import Night
from history.report.notes import Kind, Note
from history.report.reading import read_all

_NUMBERED = re.compile(r"(\d{4,})_")  # pytest-benchmark counts the runs of a folder
PATTERNS = ("*.json", f"*.json{SUFFIX}")
COMMIT_LEEWAY = timedelta(hours=1)  # the clock of whoever committed may be a little ahead


class Dated(msgspec.Struct, frozen=True):
    """A night and its place in time."""

    source: str
    night: Night
    when: datetime  # where the clock was wrong, a time that fits the order of the runs


class Storage(msgspec.Struct, frozen=True):
    nights: tuple[Dated, ...]  # in order
    notes: tuple[Note, ...]


def load(folder: Path, cache_folder: Path) -> Storage:
    """Raises BadInput where there is no night at all."""
    notes: list[Note] = []
    nights: dict[str, Night] = {}  # by source
    for read in read_all(_files(folder), cache_folder):
        source = str(Path(read.path).relative_to(folder))
        night = read.night
        if not is_text(source):  # the site, and whoever is sent it, could not name it
            notes.append(Note(Kind.UNREADABLE, visible(source), "its name is not UTF-8: rename it."))
        elif night is None:
            notes.append(Note(Kind.UNREADABLE, source, read.refusal))
        else:
            nights[source] = night
    nights = _gone_on_with(_once_each(_each_file_once(nights, notes), notes), notes)
    if not nights:
        raise BadInput(f"{folder}: no file in there is a complete pytest-benchmark JSON. " + (notes[0].text if notes else ""))
    notes.extend(
        Note(Kind.SCHEMA, source, f"written with schema {night.schema_version}, this reads {SCHEMA_VERSION}: later figures are missing.")
        for source, night in nights.items()
        if night.schema_version not in (None, SCHEMA_VERSION)
    )
    notes.extend(
        Note(Kind.UNFINISHED, source, f"{night.unfinished.told} cases: its session ended early, and the others were not measured.")
        for source, night in nights.items()
        if night.unfinished is not None
    )
    dated = _dated(nights, notes)
    return Storage(nights=tuple(sorted(dated, key=lambda each: (each.when, each.source))), notes=tuple(notes))


def _files(folder: Path) -> list[Path]:
    """Raises BadInput for what is no folder. What the gate keeps beside its pairs, and examinations, are no nights."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder. Give the one that pytest-benchmark stores in: .benchmarks.")
    others = {path.parent for path in folder.rglob(COMPARISON_NAME)} | set(folder.rglob(EXAMINATIONS_FOLDER))  # not the folder itself
    found = (path for pattern in PATTERNS for path in folder.rglob(pattern))
    return sorted(path for path in found if path.is_file() and path.parent not in others)


def _each_file_once(nights: dict[str, Night], notes: list[Note]) -> dict[str, Night]:
    """Those that have their rounds come first: of a night that is there condensed as well, they are what is shown."""
    kept: dict[str, str] = {}
    for source, night in sorted(nights.items(), key=lambda each: each[1].condensed):
        if (first := kept.setdefault(night.identity, source)) != source:
            notes.append(Note(Kind.DUPLICATE, source, f"the same file as {first}: counted once."))
    return {source: nights[source] for source in kept.values()}


def _once_each(nights: dict[str, Night], notes: list[Note]) -> dict[str, Night]:
    """A session that was saved twice (--benchmark-autosave and --benchmark-json) is one night. The two differ in their moment."""
    kept: dict[object, str] = {}
    for source, night in nights.items():
        if (first := kept.setdefault(_session(night), source)) != source:
            notes.append(Note(Kind.DUPLICATE, source, f"the same run as {first}, saved twice: counted once."))
    return {source: nights[source] for source in kept.values()}


def _session(night: Night) -> object:
    """No two sessions measure the same durations."""
    measured = _measured(night)
    return (night.commit, night.machine, measured) if measured else night.identity


def _gone_on_with(nights: dict[str, Night], notes: list[Note]) -> dict[str, Night]:
    """A session that ended early and was resumed has all that it had measured by then in its later file: that one is the night."""
    early = {source: measured for source, night in nights.items() if night.unfinished is not None and (measured := _measured(night))}
    whole = {source: _measured(night) for source, night in nights.items()} if early else {}
    left_out = set()
    for source, measured in early.items():
        later = next((each for each in whole if nights[each].commit == nights[source].commit and measured < whole[each]), None)
        if later is not None:
            notes.append(Note(Kind.DUPLICATE, source, f"unfinished, and {later} has gone on with it: counted once."))
            left_out.add(source)
    return {source: night for source, night in nights.items() if source not in left_out}


def _measured(night: Night) -> frozenset[tuple[str, str]]:
    """The durations are replayed through a clock, which adds a rounding error."""
    return frozenset((side.name, f"{side.value:.6g}") for side in night.sides if side.value is not None)


def _dated(nights: dict[str, Night], notes: list[Note]) -> Iterable[Dated]:
    times = {source: _time(night.datetime) for source, night in nights.items()}
    for source, night in nights.items():
        committed = _time(night.commit_time)
        clock = times[source]
        if committed and (clock is None or clock < committed - COMMIT_LEEWAY):
            said = f"it says {night.datetime}" if clock else "it has no date"
            notes.append(Note(Kind.CLOCK, source, f"{said}, its commit is of {night.commit_time}: placed after the commit."))
            times[source] = committed
        elif clock is None:
            notes.append(Note(Kind.CLOCK, source, f"{night.datetime!r} is no date, and the commit has none: placed first."))
            times[source] = datetime.min.replace(tzinfo=UTC)
    for numbered in _numbered_folders(nights):
        _mend_clocks(numbered, times, nights, notes)
    return [Dated(source, night, when) for source, night in nights.items() if (when := times[source]) is not None]


def _numbered_folders(nights: dict[str, Night]) -> Iterable[list[str]]:
    """Sources of each folder in the order of their numbers."""
    folders: dict[Path, list[tuple[int, str]]] = {}
    for source in nights:
        if match := _NUMBERED.match(Path(source).name):
            folders.setdefault(Path(source).parent, []).append((int(match[1]), source))
    return [[source for _, source in sorted(numbered)] for numbered in folders.values()]


def _mend_clocks(sources: list[str], times: dict[str, datetime | None], nights: dict[str, Night], notes: list[Note]) -> None:
    """The numbers tell the order. Runs whose clock contradicts most others' are placed right after the run before them."""
    known = [time for source in sources if (time := times[source]) is not None]
    right = _longest_rising(known)
    previous: datetime | None = None
    for index, source in enumerate(sources):
        if index not in right:
            when = previous + timedelta(microseconds=1) if previous else known[min(right)] - timedelta(microseconds=len(known) - index)
            if not any(note.kind is Kind.CLOCK and note.source == source for note in notes):
                text = f"the clock went backwards: it says {nights[source].datetime}, out of order with its number. Placed by the number."
                notes.append(Note(Kind.CLOCK, source, text))
            times[source] = when
        previous = times[source]


def _longest_rising(times: Sequence[datetime]) -> set[int]:
    """Indices of a longest subsequence that never falls: the clocks that agree with the most others."""
    tails: list[datetime] = []
    tail_indices: list[int] = []
    before: list[int | None] = []
    for index, time in enumerate(times):
        place = bisect.bisect_right(tails, time)
        before.append(tail_indices[place - 1] if place else None)
        tails[place : place + 1] = [time]
        tail_indices[place : place + 1] = [index]
    found: set[int] = set()
    index_now = tail_indices[-1] if tail_indices else None
    while index_now is not None:
        found.add(index_now)
        index_now = before[index_now]
    return found


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
