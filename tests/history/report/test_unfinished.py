"""Runs that ended early: introduced as such wherever they are, and counted once with the run that went on with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from history.__main__ import main
from history.report.notes import Kind
from history.report.storage import Storage, load
from tests.history.report.browser import served
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights
from tests.history.report.watched_page import Watched

SAID = "unfinished: 2 of 4"


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Three nights of two frameworks' two cases, the newest of which ended behind the first comparison."""
    Nights(Machine(nights=3, rounds=4, cases=many_cases(2))).write(tmp_path / "storage")
    cut_off(newest(tmp_path / "storage"))
    return tmp_path / "storage"


def newest(storage: Path) -> Path:
    return sorted(storage.glob("*.json"))[-1]


def cut_off(path: Path) -> None:
    content = json.loads(path.read_text())
    assert len(content["benchmarks"]) == 4
    unfinished = {"measured": 2, "cases": 4, "pieces": []}
    path.write_text(json.dumps(content | {"benchmarks": content["benchmarks"][:2], "unfinished": unfinished}))


def loaded(storage: Path) -> Storage:
    return load(storage, storage.parent / "cache")


def built(storage: Path) -> Path:
    site, text = storage.parent / "site", storage.parent / "job.md"
    arguments = ["report", str(storage), "--output", str(site), "--cache", str(storage.parent / "cache"), "--repository", str(storage)]
    assert main([*arguments, "--markdown", str(text)]) == 0
    return site


@pytest.fixture
def address(storage: Path) -> Iterator[str]:
    with served(built(storage)) as address:
        yield address


def test_the_cache_remembers_it(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(storage)
    monkeypatch.setattr("history.report.reading.parse", lambda *_: pytest.fail("parsed again"))
    last = loaded(storage).nights[-1].night.unfinished
    assert last is not None
    assert last.told == "2 of 4"
    assert [each.night.unfinished for each in loaded(storage).nights[:-1]] == [None, None]


def test_page_summary_terminal_and_data_say_it(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = built(storage)
    note = f"unfinished: {newest(storage).name}: 2 of 4 cases"
    assert note in capsys.readouterr().out
    assert f"<dd>{SAID}</dd>" in (site / "index.html").read_text()
    assert f"2 of 2 cases measured · **{SAID}**." in (site.parent / "job.md").read_text()
    runs = json.loads((site / "data/runs.json").read_text())["runs"]
    assert [each["unfinished"] for each in runs] == ["", "", SAID]


def test_of_finished_runs_nothing_is_said(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest(storage).unlink()
    site = built(storage)
    texts = (capsys.readouterr().out, (site / "index.html").read_text(), (site.parent / "job.md").read_text())
    assert not any("unfinished" in text for text in texts)


def test_a_case_that_the_run_did_not_come_to_is_not_measured(watched: Watched, address: str, storage: Path) -> None:
    """Read from the unfinished run to a finished one."""
    runs = json.loads((storage.parent / "site/data/runs.json").read_text())["runs"]
    page = watched.page
    page.goto(f"{address}/compare.html#then={runs[2]['id']}&now={runs[1]['id']}", wait_until="networkidle")
    expect(page.locator("#then option:checked")).to_contain_text(SAID)
    expect(page.locator("#table tbody tr")).to_have_count(4)
    expect(page.locator("#table tbody td", has_text="not measured: the run is unfinished")).to_have_count(2)
    page.goto(f"{address}/compare.html#then={runs[0]['id']}&now={runs[1]['id']}", wait_until="networkidle")
    expect(page.locator("#table tbody td", has_text="not measured")).to_have_count(0)


def test_the_history_says_which_night_ended_early(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/history.html", wait_until="networkidle")
    expect(watched.page.locator("#readout")).to_contain_text(SAID)


def test_a_run_that_was_gone_on_with_is_counted_once(tmp_path: Path) -> None:
    """The resumed session stores all: what it had measured before it ended early is in both files."""
    storage = tmp_path / "storage"
    Nights(Machine(nights=3, rounds=4, cases=many_cases(2))).write(storage)
    early = storage / "0002_early.json"
    shutil.copy(newest(storage), early)
    cut_off(early)
    found = loaded(storage)
    assert [(note.kind, note.source) for note in found.notes] == [(Kind.DUPLICATE, early.name)]
    assert "gone on with it" in found.notes[0].text
    assert len(found.nights) == 3


def test_an_early_run_of_which_nothing_was_gone_on_with_counts(storage: Path) -> None:
    found = loaded(storage)
    assert [(note.kind, note.source) for note in found.notes] == [(Kind.UNFINISHED, newest(storage).name)]
    assert len(found.nights) == 3
