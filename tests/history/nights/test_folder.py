"""The folder of nights: what comes in, what is condensed, and that whatever goes wrong loses nothing."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from history.__main__ import main
from history.nights import night_file
from history.nights.folder import Kept, keep
from history.packing import packed, unpacked
from history.records import BadInput
from history.report.notes import Kind
from history.report.storage import load
from tests.history.report.generated_cases import many_cases, standard_cases
from tests.history.report.generated_nights import Machine, Nights, Plant

FEW = many_cases(2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six nights as they were stored before: indented, not packed."""
    Nights(Machine(nights=6, rounds=4, cases=FEW)).write(tmp_path / "folder")
    return tmp_path / "folder"


def kept(folder: Path, *files: Path, raw_nights: int = 2) -> Kept:
    return keep(files, folder, raw_nights, folder.parent / "cache")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def with_rounds(folder: Path) -> list[str]:
    return [name for name, each in content(folder).items() if b'"condensed"' not in unpacked(each)]


def night(tmp_path: Path, **changes: object) -> Path:
    """A new one, as the nightly job has it."""
    folder = tmp_path / "new"
    (path,) = Nights(Machine(seed=7, nights=1, rounds=4, cases=FEW)).write(folder)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"datetime": "2027-01-02T01:17:00+01:00"} | changes))
    return path.rename(folder / "run.json")


def test_those_of_before_are_packed_and_the_older_ones_condensed(folder: Path) -> None:
    names = sorted(content(folder))
    told = kept(folder)
    assert sorted(content(folder)) == [f"{name}.gz" for name in names]
    assert with_rounds(folder) == [f"{name}.gz" for name in names[-2:]]
    assert (told.nights, told.with_rounds, told.condensed_now, told.notes) == (6, 2, 4, ())
    assert told.folder_bytes == sum(map(len, content(folder).values()))


def test_the_pages_are_as_they_were(tmp_path: Path) -> None:
    """But for the names of the files: the same nights, histories, changes, tables."""
    plants = (Plant("train_step[pytorch-matched-eager-fp32-frozen", 5, 1.2),)
    Nights(Machine(nights=9, rounds=12, cases=standard_cases(), plants=plants)).write(tmp_path / "folder")

    def built(site: str) -> dict[str, bytes]:
        arguments = ["report", str(tmp_path / "folder"), "--output", str(tmp_path / site), "--cache", str(tmp_path / f"cache of {site}")]
        assert main([*arguments, "--repository", str(tmp_path)]) == 0
        files = content(tmp_path / site)
        return {name: each.replace(b".json.gz", b".json") for name, each in files.items() if not name.endswith(".parquet")}

    before = built("before")
    assert kept(tmp_path / "folder", raw_nights=1).condensed_now == 8
    after = built("after")
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []


def told(folder: Path, site: Path) -> dict[str, list[dict[str, str]]]:
    """The verdicts on the index, by comparison."""
    assert main(["report", str(folder), "--output", str(site), "--cache", str(site.parent / "cache")]) == 0
    (overview,) = (json.loads(path.read_text()) for path in (site / "data/overview").glob("*.json"))
    return {row["comparison"]: row["verdicts"] for phase in overview["phases"] for row in phase["rows"]}


def test_where_no_night_has_its_rounds_the_page_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its newest was removed, for one. What was told of a night is shown, and nothing is made up of what is gone."""
    folder = tmp_path / "folder"
    newest = Nights(Machine(nights=3, rounds=40, cases=standard_cases())).write(folder)[-1]
    newest.rename(tmp_path / newest.name)
    with_rounds = told(folder, tmp_path / "with_rounds")
    (tmp_path / newest.name).rename(newest)
    kept(folder, raw_nights=1)
    night_file.packed_path(newest).unlink()
    capsys.readouterr()
    without = told(folder, tmp_path / "site")
    assert "the newest run of its machine, and its rounds were left out" in " ".join(capsys.readouterr().out.split())
    page = (tmp_path / "site" / "index.html").read_text()
    assert "its rounds were left out" in page
    assert without == with_rounds, "the ratios were told before the rounds were left out"
    assert any(verdict["ahead"] for verdicts in without.values() for verdict in verdicts)


def test_a_second_time_nothing_is_written(folder: Path) -> None:
    kept(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert kept(folder).condensed_now == 0
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_new_night_comes_in_under_its_own_name_and_the_oldest_raw_one_is_condensed(folder: Path, tmp_path: Path) -> None:
    kept(folder)
    new = night(tmp_path)
    told = kept(folder, new)
    assert (told.nights, told.with_rounds, told.condensed_now) == (7, 2, 1)
    (name,) = (each for each in content(folder) if each.startswith("2027"))
    assert name.startswith("2027-01-02T001700Z_" + json.loads(new.read_text())["commit_info"]["id"][:12] + "_")
    assert json.loads(gzip.decompress((folder / name).read_bytes())) == json.loads(new.read_text())
    before = content(folder)
    assert kept(folder, new).nights == 7  # a job that is run again
    assert content(folder) == before


def test_into_a_folder_that_is_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new folder"
    arguments = ["keep", str(night(tmp_path)), "--into", str(folder), "--cache", str(tmp_path / "cache")]
    assert main(arguments) == 0
    assert "1 night, 1 with their rounds, 0 condensed now" in capsys.readouterr().out


@pytest.mark.parametrize("commit", [None, "unversioned", "../../escaped", "c" * 39])
@pytest.mark.parametrize("when", ["yesterday", "", "0001-01-01T00:00:00+14:00"])
def test_what_a_file_says_of_itself_makes_no_path(tmp_path: Path, commit: str | None, when: str) -> None:
    new = night(tmp_path, datetime=when, commit_info={"id": commit})
    (tmp_path / "folder").mkdir()
    kept(tmp_path / "folder", new)
    (name,) = content(tmp_path / "folder")
    assert name.startswith("undated_unversioned_")


def test_each_machine_keeps_its_newest_nights(folder: Path) -> None:
    """One that has measured nothing for long is shown whole on its page."""
    Nights(Machine(seed=2, nights=3, rounds=4, cases=FEW, cpu="Other 5", gpu=None)).write(folder / "other")
    assert kept(folder).with_rounds == 4
    assert sum(name.startswith("other") for name in with_rounds(folder)) == 2


@pytest.mark.parametrize("damage", ["torn", "flipped", "empty", "no JSON"])
@pytest.mark.parametrize("stored", ["packed", "as before"])
def test_what_cannot_be_read_stays_as_it_is_and_is_named(folder: Path, damage: str, stored: str) -> None:
    if stored == "packed":
        kept(folder)
    path = sorted(folder.iterdir())[1]
    whole = path.read_bytes()
    half = len(whole) // 2
    flipped = whole[:half] + bytes([whole[half] ^ 0xFF]) + whole[half + 1 :]
    path.write_bytes({"torn": whole[:half], "flipped": flipped, "empty": b"", "no JSON": packed(b"[")}[damage])
    damaged = path.read_bytes()
    told = kept(folder)
    assert [(note.kind, note.source) for note in told.notes] == [(Kind.UNREADABLE, path.name)]
    assert path.read_bytes() == damaged
    assert told.nights == 5


def test_a_new_file_that_is_no_night_changes_nothing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torn = tmp_path / "torn.json"
    torn.write_bytes(night(tmp_path).read_bytes()[:-100])
    before = content(folder)
    arguments = ["keep", str(tmp_path / "new" / "run.json"), str(torn), "--into", str(folder), "--cache", str(tmp_path / "cache")]
    assert main(arguments) == 2
    assert str(torn) in capsys.readouterr().err
    assert content(folder) == before
    assert main(["keep", str(tmp_path / "none.json"), *arguments[3:]]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_stopped_between_the_packed_file_and_the_end_of_the_other(folder: Path) -> None:
    """The newest has its rounds still."""
    newest = sorted(folder.iterdir())[-1]
    night_file.write(night_file.packed_path(newest), newest.read_bytes())
    told = kept(folder)
    assert not newest.exists()
    assert (told.nights, len(content(folder))) == (6, 6)
    assert night_file.packed_path(newest).name in with_rounds(folder)
    assert kept(folder).notes == ()


def test_two_nights_of_one_name_are_not_made_one(folder: Path) -> None:
    first, second = sorted(folder.iterdir())[:2]
    night_file.write(night_file.packed_path(first), second.read_bytes())
    with pytest.raises(BadInput, match="is another run"):
        kept(folder)
    assert first.exists()
    assert len(load(folder, folder.parent / "cache").nights) == 6


def test_a_full_disk_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(folder)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadInput, match="cannot be written"):
        kept(folder)
    assert content(folder) == before


def test_of_a_night_that_is_there_twice_the_one_with_its_rounds_is_shown(folder: Path) -> None:
    raw = sorted(folder.iterdir())[0]
    whole = raw.read_bytes()
    kept(folder, raw_nights=1)
    (folder / "zz.json").write_bytes(whole)
    storage = load(folder, folder.parent / "cache")
    assert [note.source for note in storage.notes if note.kind is Kind.DUPLICATE] == [f"{raw.name}.gz"]
    assert not next(dated for dated in storage.nights if dated.source == "zz.json").night.condensed


def test_a_name_that_lies_is_seen_through(folder: Path) -> None:
    """Packed under the name of what is not, and the other way round."""
    first, second = sorted(folder.iterdir())[:2]
    first.write_bytes(packed(first.read_bytes()))
    second.rename(night_file.packed_path(second))
    told = kept(folder, raw_nights=6)
    assert (told.nights, told.with_rounds, told.notes) == (6, 6, ())
    assert all(each.startswith(b"\x1f\x8b") and name.endswith(".json.gz") for name, each in content(folder).items())


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", ""])
def test_so_many_nights_that_are_none(folder: Path, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keep", "--into", str(folder), "--raw-nights", given])
    assert ended.value.code == 2
    assert "is no number of nights: write 1 or more" in capsys.readouterr().err


def test_packed_pairs_are_decided_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"{number:02d}-{side}.json" for number in (1, 2, 3, 4) for side in ("base", "head")]
    pairs, packed_pairs = tmp_path / "pairs", tmp_path / "packed"
    packed_pairs.mkdir()
    for name, path in zip(names, Nights(Machine(nights=8, rounds=4, cases=FEW)).write(pairs), strict=True):
        (packed_pairs / f"{name}.gz").write_bytes(packed(path.rename(pairs / name).read_bytes()))
    codes = [main(["gate", "--pairs", str(each)]) for each in (pairs, packed_pairs)]
    out = capsys.readouterr().out
    assert codes[0] == codes[1]
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    shutil.copy(pairs / names[0], packed_pairs)
    assert main(["gate", "--pairs", str(packed_pairs)]) == 2
    assert "is there twice" in capsys.readouterr().err
