"""The journal of a session: each thing it has measured, as soon as it is there, so that no end of the process can take it away.

A file of lines, each `LENGTH CHECKSUM JSON`: how many bytes of JSON there are, in decimal, and their CRC-32, in eight hexadecimal digits. A
line that was cut off where a process or a disk ended is known by that, and so is one whose bytes have changed. Such a line is left out, and
the others stay good.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from harness.record.case import Case
from harness.record.measurement import Measurement
from harness.record.parting import Examination

FORMAT_VERSION = 1
SUFFIX = ".journal"
FOLDER = "journals"  # in pytest-benchmark's storage


class Work(msgspec.Struct, frozen=True):
    """What all figures of a session follow from, besides its machine, and what that says of the models, inputs and workers."""

    commit: str
    code_sha256: str  # of the files of the suite and of the tests, as they are: what is not committed included
    options: dict[str, str]  # those that change a figure, by name


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The first line: which session it is."""

    format_version: int
    datetime: str  # ISO 8601, UTC
    work: Work
    cases: tuple[str, ...]  # node ids of all that it is to measure or examine, in their order
    benchmark_options: dict[str, Any]  # pytest-benchmark's, as its files have them
    storage: str  # pytest-benchmark's folder
    saved_as: str  # what pytest-benchmark was to call the file in it, behind a number; "" where it was to store none there


class Kept(msgspec.Struct, frozen=True):
    """One side of a comparison, with what pytest-benchmark writes of its test."""

    name: str
    fullname: str  # pytest's node id
    group: str | None
    param: str | None
    params: dict[str, Any] | None
    measurement: Measurement


class Compared(msgspec.Struct, frozen=True, tag="compared"):
    """A comparison that is complete: all its sides, never some of them."""

    sides: tuple[Kept, ...]
    frame: dict[str, Any]  # what a file of this session has at its top, beside its benchmarks, as far as is known by now


class Examined(msgspec.Struct, frozen=True, tag="examined"):
    """Where the networks of a model part, and why."""

    fullname: str  # of the test that asked; "" where a case was refused, and the reason looked for
    examination: Examination
    frame: dict[str, Any]


class Piece(msgspec.Struct, frozen=True, tag="piece"):
    """What is complete inside a comparison that is not: a block, an epoch, a batch size that was tried."""

    case: Case
    what: str
    content: Any


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """The last line of a session that came to its end, and that nobody had asked for a file."""


Line = Opened | Compared | Examined | Piece | Closed


class JournalError(Exception):
    """The file is no journal, or another process writes it. The message names the file and the mend."""


class Journal(msgspec.Struct, frozen=True):
    """What could be read of a file."""

    path: Path
    opened: Opened
    lines: tuple[Compared | Examined | Piece, ...]
    whole_bytes: int  # up to the end of the last line that is whole: what follows was cut off
    damaged: tuple[int, ...] = ()  # numbers of lines that are not as they were written
    is_closed: bool = False  # there is nothing to go on with

    @property
    def compared(self) -> list[Compared]:
        return [each for each in self.lines if isinstance(each, Compared)]

    @property
    def examinations(self) -> list[Examination]:
        return list({each.examination.model: each.examination for each in self.lines if isinstance(each, Examined)}.values())

    @property
    def sides(self) -> list[Kept]:
        """In the order of the session's cases."""
        held = {kept.fullname: kept for each in self.compared for kept in each.sides}
        return [held[name] for name in (*self.opened.cases, *(held.keys() - set(self.opened.cases))) if name in held]

    @property
    def done(self) -> set[str]:
        """Node ids of what is measured or examined."""
        return {each.fullname for each in self.sides} | {each.fullname for each in self.lines if isinstance(each, Examined)} - {""}

    @property
    def frame(self) -> dict[str, Any]:
        """As the last line that has one tells it."""
        return next((each.frame for each in reversed(self.lines) if not isinstance(each, Piece)), {})

    @property
    def pieces(self) -> list[Piece]:
        """Of comparisons that never became complete; where one was begun several times, the newest."""
        done = {kept.measurement.case for each in self.compared for kept in each.sides}
        newest = {(each.case, each.what): each for each in self.lines if isinstance(each, Piece)}
        return [each for each in newest.values() if each.case not in done]


class Writer:
    """Appends to a journal, and holds it so that no other process does."""

    def __init__(self, path: Path, whole_bytes: int = 0) -> None:
        """whole_bytes: how much of a journal that is there is good; the rest goes. Raises OSError, and JournalError for one in use."""
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, whole_bytes)
        except OSError as error:
            os.close(self._descriptor)
            if isinstance(error, BlockingIOError):
                raise JournalError(f"{path}: another session is writing it. Wait for its end.") from error
            raise
        self._end = whole_bytes
        if is_new:
            _sync(path.parent)  # the file's name, too, is to outlive a power cut

    def append(self, line: Line, sync: bool = True) -> None:
        """sync: until it is on the disk; else until the operating system has it, which outlives the process.

        Raises OSError where the disk does not take it: the journal is then as it was before.
        """
        content = encoded(line)
        try:
            written = 0
            while written < len(content):
                written += os.write(self._descriptor, content[written:])
            if sync:
                os.fsync(self._descriptor)
        except BaseException:  # Ctrl-C, too
            os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(content)

    def close(self) -> None:
        """A file that the disk has taken nothing into goes: nobody could read it."""
        if not self._end:
            self.path.unlink(missing_ok=True)
            with suppress(OSError):  # another session's is there
                self.path.parent.rmdir()
        os.close(self._descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def encoded(line: Line) -> bytes:
    """By Python's JSON, which has NaN: losses become that in a training that diverges. A parameter of a user's test may be anything."""
    content = json.dumps(msgspec.to_builtins(line, enc_hook=str, str_keys=True), separators=(",", ":")).encode()
    return b"%d %08x %s\n" % (len(content), zlib.crc32(content), content)


def read(path: Path) -> Journal:
    """Raises JournalError for what is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path}: cannot be read ({error.strerror}).") from error
    lines: list[Line] = []
    damaged: list[int] = []
    whole_bytes = end = 0
    for number, text in enumerate(content.splitlines(keepends=True), 1):
        end += len(text)
        line = _decoded(text)
        if line is None:
            damaged.append(number)
        else:
            lines.append(line)
            whole_bytes = end
    if content and not content.endswith(b"\n"):
        damaged.pop()  # the last one was being written when the session ended
    opened = lines[0] if lines else None
    if not isinstance(opened, Opened):
        raise JournalError(f"{path}: no journal of a session, or one whose first line is damaged.")
    if opened.format_version != FORMAT_VERSION:
        raise JournalError(f"{path}: has format {opened.format_version}, this reads {FORMAT_VERSION}. Use the suite that has written it.")
    kept = tuple(each for each in lines if not isinstance(each, Opened | Closed))
    return Journal(path, opened, kept, whole_bytes, tuple(damaged), isinstance(lines[-1], Closed))


def is_in_use(path: Path) -> bool:
    """Whether a session that runs is writing it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _decoded(text: bytes) -> Line | None:
    """None for a line that is not as it was written."""
    length, _, rest = text.partition(b" ")
    checksum, _, content = rest.partition(b" ")
    content = content.removesuffix(b"\n")
    if not text.endswith(b"\n") or length != b"%d" % len(content) or checksum != b"%08x" % zlib.crc32(content):
        return None
    try:
        return msgspec.convert(json.loads(content), type=Line)  # type: ignore[no-any-return]
    except msgspec.ValidationError:  # written so, by another version of the suite
        return None
