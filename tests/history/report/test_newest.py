"""What a run did not measure is on the page all the same, as it was last measured, with that run's date; and nothing empty is."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from harness.record.outcome import Outcome
from history.__main__ import main
from history.nights.condensed_file import condensed_file
from tests.history.report.browser import served
from tests.history.report.generated_cases import many_cases, standard_cases
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights, Plant
from tests.history.report.watched_page import Watched

THREE = many_cases(3)
TOLD_ROUNDS = 24  # turns enough for a verdict
FIRST, SECOND, THIRD = (f"train step frozen matched {rest} bs1" for rest in ("plain fp32", "plain tf32", "plain bf16"))


def night(storage: Path, days: float = 0, **changes: Any) -> None:
    """One, so many days after the first."""
    when = FIRST_NIGHT + timedelta(days=days)
    usual = {"seed": int(10 * days), "nights": 1, "rounds": 8, "first_night": when, "driver_night": None, "upgrade_night": None}
    Nights(Machine(**(usual | changes))).write(storage / f"{days}")


def built(storage: Path) -> Path:
    site = storage.parent / "site"
    assert main(["report", str(storage), "--output", str(site), "--cache", str(storage.parent / "cache")]) == 0
    return site


def overview(site: Path) -> dict[str, Any]:
    (path,) = (site / "data/overview").glob("*.json")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def rows(site: Path) -> dict[str, dict[str, Any]]:
    return {row["comparison"]: row for phase in overview(site)["phases"] for row in phase["rows"]}


def day(days: float) -> str:
    return written(FIRST_NIGHT + timedelta(days=days))


def written(when: datetime) -> str:
    return f"{when.day} {when:%B %Y}"


def test_a_run_of_one_comparison_leaves_the_others_on_the_page(tmp_path: Path, watched: Watched) -> None:
    night(tmp_path / "storage", cases=THREE)
    before = rows(built(tmp_path / "storage"))
    assert list(before) == [FIRST, SECOND, THIRD]
    assert {row["date"] for row in before.values()} == {""}
    night(tmp_path / "storage", 1, cases=THREE[1:2])
    site = built(tmp_path / "storage")
    after = rows(site)
    assert list(after) == [SECOND, FIRST, THIRD], "what is newest stands first"
    assert {name: row["date"] for name, row in after.items()} == {FIRST: day(0), SECOND: "", THIRD: day(0)}
    for name in (FIRST, THIRD):
        assert after[name]["verdicts"] == before[name]["verdicts"]
        assert [cell["text"] for cell in after[name]["cells"]] == [cell["text"] for cell in before[name]["cells"]]
        assert after[name]["lines"] == before[name]["lines"]
    assert after[SECOND]["cells"] != before[SECOND]["cells"]
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/index.html")
        expect(page.locator(".notice").first).to_have_text(
            "This run measured 1 of the 3 comparisons below. The others stand with the date of the newest run that did."
        )
        expect(page.locator("table.cases tbody th", has_text=day(0))).to_have_count(2)


def test_figures_of_two_runs_are_shown_but_not_compared(tmp_path: Path) -> None:
    night(tmp_path / "storage", cases=THREE[:1])
    before = rows(built(tmp_path / "storage"))[FIRST]
    night(tmp_path / "storage", 1, cases=THREE[:1], frameworks=("pytorch",))
    after = rows(built(tmp_path / "storage"))[FIRST]
    assert after["verdicts"] == before["verdicts"]
    assert after["compared_date"] == day(0)
    ours, theirs = after["cells"]
    assert (ours["date"], theirs["date"]) == ("", day(0))
    assert theirs == before["cells"][1] | {"date": day(0)}
    assert ours["text"] != before["cells"][0]["text"]


def test_a_cell_of_another_run_than_the_verdict_s_is_not_marked_as_ahead(tmp_path: Path) -> None:
    """The framework that was ahead, slower or failed since: what the verdict says is of the values of the run before."""
    night(tmp_path / "storage", cases=THREE[:1], plants=(Plant("tensorflow", 0, 2.0),), rounds=TOLD_ROUNDS)
    site = built(tmp_path / "storage")
    assert rows(site)[FIRST]["verdicts"][0]["ahead"] == "pytorch"
    assert cells(site) == [True, False]
    night(tmp_path / "storage", 1, cases=THREE[:1], frameworks=("pytorch",))
    assert cells(built(tmp_path / "storage")) == [False, False]
    failing = {0: ("pytorch", Outcome.CRASHED, "")}
    night(tmp_path / "storage", 2, cases=THREE[:1], failing=failing)
    assert rows(built(tmp_path / "storage"))[FIRST]["cells"][0]["text"] == "crashed"
    assert cells(tmp_path / "site") == [False, False]


def cells(site: Path) -> list[bool]:
    """Of each value in the tables of cases, whether it is marked as ahead."""
    return [
        "ahead" in each for each in re.findall(r'<td class="(number[^"]*)" data-label="(?:PyTorch|TensorFlow)">', tables_of_cases(site))
    ]


def tables_of_cases(site: Path) -> str:
    return "".join(re.findall(r'<table class="cases.*?</table>', (site / "index.html").read_text(), re.DOTALL))


def test_the_five_metrics_of_a_run_without_rounds_are_compared_as_its_cases_are(tmp_path: Path) -> None:
    """By the ratio that was kept when the rounds were left out."""
    one = tuple(case for case in standard_cases() if case.phase == "inference" and case.batch_size == 1)
    night(tmp_path / "storage", cases=one, rounds=TOLD_ROUNDS)
    night(tmp_path / "storage", 1, cases=THREE[:1])
    whole = latencies(built(tmp_path / "storage"))
    assert len(whole) == 2
    assert all(verdict["ratio"] for (verdict,) in whole)
    (path,) = (tmp_path / "storage/0").glob("*.json")
    path.write_bytes(condensed_file(path, path.read_bytes()))
    assert latencies(built(tmp_path / "storage")) == whole


def latencies(site: Path) -> list[list[dict[str, Any]]]:
    metrics = (metric for table in overview(site)["metrics"] for metric in table["metrics"])
    return [metric["verdicts"] for metric in metrics if metric["name"] == "inference latency"]


def test_two_runs_of_a_day_are_told_apart_by_their_time(tmp_path: Path, watched: Watched) -> None:
    night(tmp_path / "storage", cases=THREE[:2])
    night(tmp_path / "storage", 0.25, cases=THREE[:1])
    site = built(tmp_path / "storage")
    assert rows(site)[SECOND]["date"] == f"{day(0)}, 01:17"
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/history.html")
        expect(page.locator("#plot svg")).to_contain_text("1 Sept, 07:17")
        expect(page.locator("#readout")).to_contain_text("1 Sept 2026, 07:17")


def test_what_was_not_measured_for_long_is_left_to_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(tmp_path / "storage", cases=THREE)
    for days in range(1, 4):
        night(tmp_path / "storage", days, cases=THREE[:2])
    assert set(rows(built(tmp_path / "storage"))) == {FIRST, SECOND, THIRD}
    monkeypatch.setattr("history.report.newest.MOST_NIGHTS", 3)
    site = built(tmp_path / "storage")
    assert set(rows(site)) == {FIRST, SECOND}
    assert "1 comparison that no run has measured for long" in (site / "index.html").read_text()
    cases = json.loads((site / "data/cases.json").read_text())
    assert THIRD in {each["comparison"] for each in cases}


def test_the_five_metrics_are_of_the_newest_run_that_has_each(tmp_path: Path, watched: Watched) -> None:
    """The whole job in the first run, one image alone in the second: one row each of what was measured, with its date."""
    every = standard_cases()
    job = tuple(case for case in every if case.phase == "fine_tuning" and case.style == "matched")
    night(tmp_path / "storage", cases=(*job, *THREE[:1]))
    night(tmp_path / "storage", 1, cases=THREE[:1])
    site = built(tmp_path / "storage")
    assert overview(site)["unmeasured_metrics"] == []
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/index.html")
        expect(page.locator("table.metrics")).to_have_count(1)
        expect(page.locator("table.metrics tbody tr")).to_have_count(5)
        expect(page.locator("table.metrics tbody th", has_text=day(0))).to_have_count(5)


def test_nothing_empty_is_shown(tmp_path: Path, watched: Watched) -> None:
    stock = tuple(case for case in standard_cases() if case.phase == "inference" and case.style == "stock" and case.batch_size == 1)
    night(tmp_path / "storage", cases=stock)
    site = built(tmp_path / "storage")
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/index.html")
        assert page.locator("h2").all_inner_texts() == ["Five metrics", "Inference", "Machine and versions"]
        expect(page.locator("table.metrics tbody tr")).to_have_count(1)
        expect(page.locator("section", has=page.locator("table.metrics"))).to_contain_text(
            "Not measured: validation loss, validation accuracy, training time, peak memory."
        )
        page.goto(f"{address}/regressions.html")
        expect(page.locator("h2")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("Nothing is told before a case has 10 nights; the most that one has is 1.")
        page.goto(f"{address}/history.html")
        expect(page.locator("#plot-lede")).to_have_text("ResNet50. One night so far: a line begins with the second.")
        expect(page.locator("#readout .values")).to_contain_text("PyTorch")
        assert page.locator("#plot").is_hidden()
        assert page.locator("#tools").is_hidden()


def test_a_run_is_compared_with_the_last_that_has_a_case_in_common(tmp_path: Path, watched: Watched) -> None:
    night(tmp_path / "storage", cases=THREE[:1])
    night(tmp_path / "storage", 1, cases=THREE[1:2])
    night(tmp_path / "storage", 2, cases=THREE[:1])
    site = built(tmp_path / "storage")
    first, _, last = json.loads((site / "data/runs.json").read_text())["runs"]
    assert last["before"] == first["id"]
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/compare.html")
        expect(page.locator("#summary")).to_contain_text("2 cases in both runs")
        page.goto(f"{address}/index.html")
        page.get_by_role("link", name=f"Compare with the run of {day(0)}").click()
        expect(page.locator("#summary")).to_contain_text("2 cases in both runs")
