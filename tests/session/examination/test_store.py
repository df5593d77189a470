"""An examination that is written is read back as it was."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.record.check import FARTHEST
from harness.record.parting import Part, Parting, Point
from harness.session.examination import store
from tests.session.examination.examined import agreeing, parted, parting


def refuse(constant: str) -> float:
    raise AssertionError(f"{constant} is no JSON")


def test_it_comes_back_whole(tmp_path: Path) -> None:
    for examination in (agreeing(), parted()):
        stored = store.write(examination, tmp_path / "new")
        assert store.read(stored.json) == examination
        assert stored.page.read_text().startswith("<!doctype html>")
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["resnet.html", "resnet.json"]


def test_a_difference_without_a_size_is_a_number_in_the_json(tmp_path: Path) -> None:
    found = json.loads(store.write(parted(), tmp_path).json.read_text(), parse_constant=refuse)
    assert [each["left"] for each in found["partings"] if each["layer"] == "block9.relu"] == [FARTHEST]


@given(st.floats())
def test_no_difference_is_infinite(apart: float) -> None:
    differences = (Point("a", "b", apart).apart, *(getattr(parting("a", left=apart), name) for name in ("left", "entered")))
    assert all(map(math.isfinite, differences))
    assert differences[0] == (apart if math.isfinite(apart) else FARTHEST)
    assert Parting(Part.STEP, "a", "", "", "", apart, 0.0, ()).entered == differences[0]


def test_the_one_of_before_is_replaced(tmp_path: Path) -> None:
    store.write(parted(), tmp_path)
    assert store.read(store.write(agreeing(), tmp_path).json) == agreeing()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(store.NoExamination, match=f"the examination of resnet cannot be written into {tmp_path / 'file'}: "):
        store.write(agreeing(), tmp_path / "file")


@pytest.mark.parametrize("content", ["", "[]", '{"model": 1}', "\xff"])
def test_what_is_no_examination_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(store.NoExamination, match=r"x\.json holds no examination"):
        store.read(tmp_path / "x.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(store.NoExamination, match=r"x\.json cannot be read: No such file"):
        store.read(tmp_path / "x.json")


def test_a_model_of_another_name_has_its_own_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        store.write(replace(agreeing(), model=name), tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
