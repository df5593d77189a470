"""Packed files: read as the others are, and what is damaged in one is never read as something else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.packing import compact, packed, unpacked
from history.records import BadInput, read
from tests.history import suite_files as files

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return files.write(tmp_path_factory.mktemp("packed") / "01-base.json", [files.measured(files.name(0), [0.1, 0.2])])


def test_it_is_read_as_what_was_packed(path: Path) -> None:
    other = path.with_name("other.json.gz")
    other.write_bytes(packed(compact(path.read_bytes())))
    assert msgspec.structs.replace(read(other), source=str(path)) == read(path)


def test_the_same_content_is_the_same_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else git would have it anew whenever it is written."""
    before = packed(path.read_bytes())
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert packed(path.read_bytes()) == before


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_cut_or_changed_anywhere_it_is_refused_in_one_line_or_the_same(path: Path, data: st.DataObject) -> None:
    """Of what says nothing of the content, such as the system that packed it, nothing depends."""
    whole = packed(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(st.sampled_from([whole[:place], whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]]))
    damaged = path.with_name("damaged.json.gz")
    damaged.write_bytes(changed)
    refusal = ""
    try:
        assert msgspec.structs.replace(read(damaged), source=str(path)) == read(path)
    except BadInput as error:
        refusal = str(error)
    assert not refusal or refusal.startswith(f"{damaged}: ")
    assert "\n" not in refusal


@given(st.lists(NUMBERS | st.text() | st.integers()))
def test_without_white_space_it_is_the_same_to_the_last_digit(values: list[object]) -> None:
    encoded = msgspec.json.encode(values)
    assert compact(msgspec.json.format(encoded, indent=4)) == encoded
    assert unpacked(packed(encoded)) == encoded
