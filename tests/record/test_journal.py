"""The format of a journal: whatever became of the file, what is read of it is what was written, and a session can go on there."""

from __future__ import annotations

import errno
import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.record.case import Case, Style, Workload
from harness.record.journal import Closed, Compared, Journal, JournalError, Kept, Opened, Piece, Work, Writer, encoded, is_in_use, read
from harness.record.measurement import Epoch, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round

CASE = Case(framework="pytorch", phase="inference", workload=Workload.INFERENCE, style=Style.STOCK, batch_size=8)
OPENED = Opened(
    format_version=1,
    datetime="2026-11-24T12:00:00+00:00",
    work=Work(commit="0" * 40, code_sha256="c", options={"--weights": "seeded"}),
    cases=("test_a", "test_b", "test_c"),
    benchmark_options={"min_rounds": 3},
    storage=".benchmarks",
    saved_as="",
)
AFTER = Piece(CASE, "behind it", None)


def compared(name: str, seconds: Sequence[float], detail: str = "") -> Compared:
    rounds = tuple(Round(each, each, 0.0, 0) for each in seconds)
    measurement = Measurement(case=CASE, outcome=Outcome.OK if rounds else Outcome.ERROR, rounds=rounds, detail=detail)
    return Compared((Kept(name, name, None, None, None, measurement),), {"datetime": detail})


TEXTS = st.text(max_size=12)  # line ends of all kinds among them
LINES = st.lists(
    st.builds(compared, TEXTS, st.lists(st.floats(1e-9, 1e6), max_size=3), TEXTS)
    | st.builds(Piece, st.just(CASE), TEXTS, st.none() | st.integers() | TEXTS),
    max_size=4,
)


def written(lines: Sequence[Compared | Piece], path: Path | None = None) -> Path:
    path = path or Path(tempfile.mkdtemp()) / "a.journal"
    writer = Writer(path)
    for line in (OPENED, *lines):
        writer.append(line, sync=False)
    writer.close()
    return path


def ends(lines: Sequence[Compared | Piece]) -> list[int]:
    """Where in the file each line ends, that which opens it included."""
    found = [0]
    for line in (OPENED, *lines):
        found.append(found[-1] + len(encoded(line)))
    return found[1:]


def gone_on_with(journal: Journal) -> Journal:
    writer = Writer(journal.path, journal.whole_bytes)
    writer.append(AFTER)
    writer.close()
    return read(journal.path)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_what_is_written_comes_back(lines: list[Compared | Piece]) -> None:
    journal = read(written(lines))
    assert (journal.opened, list(journal.lines), journal.damaged) == (OPENED, lines, ())
    assert journal.whole_bytes == journal.path.stat().st_size


@settings(max_examples=150, deadline=None)
@given(LINES, st.data())
def test_a_file_cut_anywhere_has_the_lines_that_were_whole_and_can_be_gone_on_with(
    lines: list[Compared | Piece], data: st.DataObject
) -> None:
    path = written(lines)
    size = data.draw(st.integers(0, path.stat().st_size))
    os.truncate(path, size)
    whole = [end for end in ends(lines) if end <= size]
    if not whole:
        with pytest.raises(JournalError, match="no journal of a session"):
            read(path)
        return
    journal = read(path)
    assert (list(journal.lines), journal.whole_bytes, journal.damaged) == (lines[: len(whole) - 1], whole[-1], ())
    after = gone_on_with(journal)
    assert (list(after.lines), after.damaged) == ([*journal.lines, AFTER], ())
    assert after.whole_bytes == path.stat().st_size


@settings(max_examples=200, deadline=None)
@given(LINES, st.data())
def test_a_changed_byte_never_gives_a_line_that_was_not_written(lines: list[Compared | Piece], data: st.DataObject) -> None:
    path = written([*lines, AFTER])
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - len(encoded(AFTER)) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    path.write_bytes(content)
    number = sum(end <= place for end in ends(lines))  # of the line that the byte is in: 0 is the one that opens the file
    merged = place + 1 in ends(lines)  # the line's end has gone, so that the next one begins inside it
    if number == 0:
        with pytest.raises(JournalError, match="whose first line is damaged"):
            read(path)
        return
    journal = read(path)
    rest = [*lines, AFTER]
    assert list(journal.lines) == rest[: number - 1] + rest[number + merged :]
    assert merged or number + 1 in journal.damaged
    after = gone_on_with(journal)
    assert list(after.lines) == [*journal.lines, AFTER]


def test_a_last_line_whose_bytes_have_changed_is_named_and_one_that_was_cut_off_is_not() -> None:
    path = written([AFTER])
    content = path.read_bytes()
    path.write_bytes(content.replace(b"behind", b"before"))
    assert (read(path).lines, read(path).damaged) == ((), (2,))
    path.write_bytes(content[:-3])
    assert (read(path).lines, read(path).damaged) == ((), ())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_what_is_no_journal_is_refused(content: bytes) -> None:
    path = Path(tempfile.mkdtemp()) / "a.journal"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="no journal of a session"):
        read(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(encoded(OPENED).replace(b'"format_version":1', b'"format_version":2'))
    with pytest.raises(JournalError, match="no journal"):  # its checksum is of what was written
        read(path)
    path.write_bytes(encoded(Opened(2, "", OPENED.work, (), {}, "", "")))
    with pytest.raises(JournalError, match="has format 2, this reads 1"):
        read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read"):
        read(tmp_path / "none.journal")


def test_a_journal_in_use_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journals" / "a.journal"
    writer = Writer(path)
    writer.append(OPENED)
    assert is_in_use(path)
    with pytest.raises(JournalError, match="another session is writing it"):
        Writer(path)
    writer.append(AFTER)
    writer.close()
    assert read(path).lines == (AFTER,)
    assert not is_in_use(path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=4), st.integers(0, 3))
def test_a_write_that_fails_in_the_middle_leaves_the_file_as_it_was(parts: list[int], failures: int) -> None:
    """The disk takes some bytes at a time, and then none."""
    path = written([])
    before = path.read_bytes()
    writer = Writer(path, len(before))
    for _ in range(failures):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", _full_after(list(parts)))
            with pytest.raises(OSError, match="No space left"):
                writer.append(AFTER)
        assert path.read_bytes() == before
    writer.append(AFTER)
    writer.close()
    assert read(path).lines == (AFTER,)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20))
def test_a_disk_that_takes_some_bytes_at_a_time_takes_all(most: int) -> None:
    path = written([])
    writer = Writer(path, path.stat().st_size)
    with pytest.MonkeyPatch.context() as patch:
        real = os.write
        patch.setattr(os, "write", lambda descriptor, content: real(descriptor, content[:most]))
        writer.append(AFTER)
    writer.close()
    assert read(path).lines == (AFTER,)


def test_a_sync_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written([], tmp_path / "a.journal")
    writer = Writer(path, path.stat().st_size)
    monkeypatch.setattr(os, "fsync", _failing)
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(AFTER)
    assert read(path).lines == ()
    writer.append(AFTER, sync=False)
    writer.close()
    assert read(path).lines == (AFTER,)


def test_a_comparison_is_on_the_disk_and_a_piece_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "a.journal")
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    writer.append(OPENED)
    writer.append(compared("test_a", [0.1]))
    assert len(synced) == 2
    writer.append(AFTER, sync=False)
    assert len(synced) == 2
    writer.close()


def test_a_file_that_the_disk_has_taken_nothing_into_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "journals" / "a.journal")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            writer.append(OPENED)
    writer.close()
    assert not (tmp_path / "journals").exists()


def test_a_session_that_came_to_its_end_is_closed(tmp_path: Path) -> None:
    path = written([AFTER], tmp_path / "a.journal")
    assert not read(path).is_closed
    writer = Writer(path, read(path).whole_bytes)
    writer.append(Closed())
    writer.close()
    assert read(path).is_closed
    assert read(path).lines == (AFTER,)


def test_a_loss_that_became_no_number_is_kept() -> None:
    """A training that diverged is a result, too, and the most expensive one."""
    epoch = Epoch(1.0, 1.0, math.inf, math.nan, 0.1, 8, 8)
    side = compared("test_a", [1.0]).sides[0]
    measurement = msgspec.structs.replace(side.measurement, epochs=(epoch,), figures={"validation_loss": -math.inf})
    diverged = Compared((msgspec.structs.replace(side, measurement=measurement),), {})
    (kept,) = read(written([diverged])).sides
    assert kept.measurement.figures == {"validation_loss": -math.inf}
    assert (kept.measurement.epochs[0].training_loss, math.isnan(kept.measurement.epochs[0].validation_loss)) == (math.inf, True)


def test_a_parameter_of_any_kind_is_told() -> None:
    side = msgspec.structs.replace(compared("test_a", [1.0]).sides[0], params={"path": Path("a/b"), "set": frozenset({1})})
    (kept,) = read(written([Compared((side,), {})])).sides
    assert kept.params == {"path": "a/b", "set": [1]}


def test_sides_are_in_the_order_of_the_session_and_a_later_one_counts() -> None:
    journal = read(written([compared("test_c", [3.0]), compared("test_a", [1.0]), compared("test_c", [4.0])]))
    assert [(each.fullname, each.measurement.step_seconds) for each in journal.sides] == [("test_a", [1.0]), ("test_c", [4.0])]


def test_pieces_are_those_of_what_never_became_complete() -> None:
    other = Piece(msgspec.structs.replace(CASE, framework="tensorflow"), "block 1", [0.1])
    journal = read(written([AFTER, other, compared("test_a", [1.0], "now")]))
    assert journal.pieces == [other]
    assert journal.frame == {"datetime": "now"}


def _full_after(parts: list[int]):  # type: ignore[no-untyped-def]
    real = os.write

    def write(descriptor: int, content: bytes) -> int:
        if not parts:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, content[: min(parts.pop(0), len(content) - 1)])

    return write


def _failing(_: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
