"""What is odd about a storage is named, on the page and in the terminal, and the rest is built."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.record.measurement import SCHEMA_VERSION
from harness.record.parting import EXAMINATIONS_FOLDER
from history.__main__ import main
from history.gate.exit_code import ExitCode
from history.records import BadInput
from history.report.notes import Kind
from history.report.storage import Storage, load
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights

FEW = many_cases(2)


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    Nights(Machine(nights=6, rounds=4, cases=FEW)).write(tmp_path / "storage")
    return tmp_path / "storage"


def loaded(storage: Path) -> Storage:
    return load(storage, storage.parent / "cache")


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def paths(storage: Path) -> list[Path]:
    return sorted(storage.glob("*.json"))


def test_nothing_to_note(storage: Path) -> None:
    found = loaded(storage)
    assert found.notes == ()
    assert [dated.source for dated in found.nights] == [path.name for path in paths(storage)]


def test_a_truncated_file(storage: Path) -> None:
    path = paths(storage)[2]
    path.write_bytes(path.read_bytes()[:2000])
    found = loaded(storage)
    (note,) = found.notes
    assert (note.kind, note.source) == (Kind.UNREADABLE, path.name)
    assert "truncated" in note.text
    assert len(found.nights) == 5


def test_a_duplicate_and_a_run_saved_twice(storage: Path) -> None:
    first, second = paths(storage)[:2]
    shutil.copy(first, storage / "copy.json")
    content = json.loads(second.read_text())
    for benchmark in content["benchmarks"]:
        del benchmark["stats"]["data"]  # as --benchmark-autosave has it
    (storage / "zz_autosaved.json").write_text(json.dumps(content))
    found = loaded(storage)
    assert [(note.kind, note.source) for note in found.notes] == [(Kind.DUPLICATE, "copy.json"), (Kind.DUPLICATE, "zz_autosaved.json")]
    assert len(found.nights) == 6


def test_a_clock_that_went_backwards_is_placed_by_its_number(storage: Path) -> None:
    path = paths(storage)[3]
    edit(path, datetime=(FIRST_NIGHT - timedelta(days=4000)).isoformat(), commit_info={"id": "c" * 40})
    found = loaded(storage)
    assert [dated.source for dated in found.nights] == [each.name for each in paths(storage)]
    (note,) = found.notes
    assert (note.kind, note.source) == (Kind.CLOCK, path.name)
    assert "backwards" in note.text


def test_one_clock_that_ran_ahead_does_not_make_all_later_ones_wrong(storage: Path) -> None:
    edit(paths(storage)[1], datetime="2099-01-01T00:00:00+00:00")
    found = loaded(storage)
    assert [note.source for note in found.notes] == [paths(storage)[1].name]
    assert [dated.source for dated in found.nights] == [each.name for each in paths(storage)]


def test_a_run_cannot_be_older_than_its_commit(storage: Path) -> None:
    path = paths(storage)[-1].rename(storage / "nightly.json")  # no number tells its place
    edit(path, datetime="2001-01-01T00:00:00+00:00")
    found = loaded(storage)
    assert [(note.kind, note.source) for note in found.notes] == [(Kind.CLOCK, "nightly.json")]
    assert found.nights[-1].source == "nightly.json"


def test_no_date_at_all(storage: Path) -> None:
    edit(paths(storage)[0], datetime="yesterday", commit_info={})
    found = loaded(storage)
    assert "no date" in found.notes[0].text
    assert found.nights[0].source == paths(storage)[0].name


def test_an_older_schema_is_read_and_a_newer_one_is_not(storage: Path) -> None:
    old, new = paths(storage)[0], paths(storage)[1]
    for path, version in ((old, 1), (new, 99)):
        text = path.read_text().replace(f'"schema_version": {SCHEMA_VERSION}', f'"schema_version": {version}')
        path.write_text(text)
    found = loaded(storage)
    assert {(note.kind, note.source) for note in found.notes} == {(Kind.SCHEMA, old.name), (Kind.UNREADABLE, new.name)}
    assert len(found.nights) == 5


def test_the_gate_s_pairs_are_no_nights(storage: Path) -> None:
    pairs = storage / "gate"
    pairs.mkdir()
    (pairs / "comparison.json").write_text("{}")
    shutil.copy(paths(storage)[0], pairs / "01-base.json")
    assert len(loaded(storage).nights) == 6
    assert loaded(storage).notes == ()


@pytest.mark.parametrize("below", ["", "machine"])
def test_examinations_beside_the_runs_are_no_nights(storage: Path, below: str) -> None:
    (storage / below / EXAMINATIONS_FOLDER).mkdir(parents=True)
    (storage / below / EXAMINATIONS_FOLDER / "digits.json").write_text("{}")
    assert len(loaded(storage).nights) == 6
    assert loaded(storage).notes == ()


def test_a_storage_may_have_the_name_of_their_folder(storage: Path) -> None:
    named = storage.rename(storage.with_name(EXAMINATIONS_FOLDER))
    assert len(loaded(named).nights) == 6


def test_nothing_but_broken_files(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "0001_x.json").write_text("{")
    with pytest.raises(BadInput, match="no file in there"):
        loaded(tmp_path / "storage")


def test_a_file_is_parsed_once(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = loaded(storage)
    monkeypatch.setattr("history.report.reading.parse", lambda *_: pytest.fail("parsed again"))
    shutil.move(paths(storage)[0], storage / "renamed.json")  # known by its content
    assert {dated.night.identity for dated in loaded(storage).nights} == {dated.night.identity for dated in before.nights}


def test_two_machines_and_the_rest_are_named_on_the_page_and_in_the_terminal(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Nights(Machine(seed=2, nights=3, rounds=4, cases=FEW, cpu="Other 5\x1b[31m", gpu=None)).write(storage / "other")
    (storage / "broken\x1b[31m.json").write_text("[")
    site = storage.parent / "site"
    arguments = ["report", str(storage), "--output", str(site), "--cache", str(storage.parent / "cache"), "--repository", str(storage)]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert "\x1b" not in output.replace("\x1b[33m", "").replace("\x1b[0m", "")
    assert "several machines: 2 machines" in output
    assert "left out: broken" in output
    index = (site / "index.html").read_text()
    assert "Accelerator X1 · Testor 9000 × 16" in index
    assert "2 machines, each with a history of its own" in index
    (other,) = site.glob("machine-*.html")
    assert "no GPU" in other.read_text()
    shutil.rmtree(storage / "other")
    assert main(arguments) == 0
    assert not other.exists()  # what an earlier build left is gone


def test_a_folder_that_holds_something_else_is_left_alone(storage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    assert main(["report", str(storage), "--output", str(tmp_path), "--cache", str(tmp_path / "cache")]) == ExitCode.BAD_INPUT
    assert "holds something that is no report" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["javascript:alert(1)/{commit}", "https://example.org/commit", "ftp://x/{commit}", 'https://x/"{commit}'])
def test_commit_urls_that_are_none(storage: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    site = storage.parent / "site"
    assert main(["report", str(storage), "--output", str(site), "--cache", str(storage.parent / "cache"), "--commit-url", url]) == 2
    assert "--commit-url" in capsys.readouterr().err


def test_without_the_extra_the_mend_is_named(storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "history.report.build", None)
    assert main(["report", str(storage), "--output", str(storage.parent / "site")]) == ExitCode.BAD_INPUT
    assert "pip install -e '.[report]'" in capsys.readouterr().err


def test_a_run_without_a_case(tmp_path: Path) -> None:
    Nights(Machine(nights=1, rounds=4, cases=FEW)).write(tmp_path / "storage")
    edit(paths(tmp_path / "storage")[0], benchmarks=[], unmeasured=[])
    assert main(["report", str(tmp_path / "storage"), "--output", str(tmp_path / "site"), "--cache", str(tmp_path / "cache")]) == 0
    assert "0 of 0 cases" in (tmp_path / "site/index.html").read_text()
