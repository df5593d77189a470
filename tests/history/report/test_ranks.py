"""Ranks on the pages: cases of their own, whose efficiency and exchange are pictures. Runs of before there were any read as they did."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Locator, expect

from harness.record.case import Case, Style, Workload
from history.__main__ import main
from history.nights.condensed_file import condensed_file
from history.records import TO_SHOW, parse
from history.report.changes import machine_changes
from history.report.commits import Commits
from history.report.condensing import condensed
from history.report.histories import of_machines
from history.report.storage import load
from tests.history.report.browser import served
from tests.history.report.generated_cases import MATCHED, ranked_cases
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights, Plant
from tests.history.report.watched_page import Watched

STEP = Case(framework="pytorch", phase="train_step", workload=Workload.FULL, style=Style.MATCHED, batch_size=32, **MATCHED)
NIGHTS = 3  # the first of which is of before there were ranks
TITLE = "data parallel full matched plain fp32 bs32 ranks2"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    for place in range(NIGHTS):
        cases = (STEP, *(ranked_cases() if place else ()))
        night = Machine(seed=place, nights=1, rounds=40, cases=cases, first_night=FIRST_NIGHT + timedelta(days=place), driver_night=None)
        (path,) = Nights(night).write(folder / "storage" / str(place))
        if not place:
            older = re.sub(r'"(ranks|exchange)": [^,}]*,', "", path.read_text())
            assert older != path.read_text()
            assert '"ranks"' not in older
            path.write_text(older)
    assert main(["report", *map(str, (folder / "storage", "--output", folder / "site", "--cache", folder / "cache"))]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address


def expect_all_text_within(drawing: Locator) -> None:
    wide = drawing.bounding_box()
    assert wide is not None
    for each in drawing.locator("text").all():
        box = each.bounding_box()
        assert box is not None
        assert wide["x"] - 1 <= box["x"] <= box["x"] + box["width"] <= wide["x"] + wide["width"] + 1, each.inner_text()


def test_efficiency_is_a_picture_beside_the_ideal(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    lines = page.locator("figure", has_text="Efficiency by ranks: Data parallel full matched plain fp32")
    expect(lines.locator(".lede")).to_contain_text(
        re.compile(r"^strong, 4 ranks bs32: PyTorch 1\.[01]\d× more efficient; weak, 4 ranks bs128: ")
    )
    expect(lines.locator(".lede")).to_contain_text("8 ranks shared 16 cores: that is no scaling")
    drawing = lines.locator("svg")
    for title in (
        "PyTorch, strong, bs32",
        "PyTorch, weak (dashed), bs32",
        "TensorFlow, strong, bs32",
        "TensorFlow, weak (dashed), bs32",
        "ideal",
    ):
        expect(drawing).to_contain_text(title)
    assert drawing.locator("path.line-limit.dashed").count() == 1
    assert drawing.locator("path.line-0").count() == drawing.locator("path.line-1").count() == 2
    assert drawing.locator(".whisker").count() == 3 * 4 * 3  # of three numbers of ranks on four lines, each with its two ends
    expect_all_text_within(drawing)
    lines.locator("summary").click()
    rows = lines.locator("tbody tr")
    strong = rows.filter(has_text="strong").filter(has_text="PyTorch")
    assert strong.locator("td:nth-child(3)").all_inner_texts() == ["2", "4", "8", "2"]
    assert strong.nth(2).locator("td").last.inner_text() == "16 cores, shared"
    assert strong.nth(3).locator("td:nth-child(5)").inner_text() == "synchronized"
    efficiency = [float(each.rstrip("%")) for each in strong.locator("td:nth-child(8)").all_inner_texts()]
    assert efficiency[:3] == pytest.approx([96, 89, 78], abs=3)


@pytest.mark.parametrize("framework", ["PyTorch", "TensorFlow"])
def test_the_exchange_is_a_bar_of_the_step(watched: Watched, address: str, framework: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    bars = page.locator("figure", has_text=f"Exchange as part of the step, {framework}: Data parallel full matched plain fp32")
    expect(bars.locator("svg")).to_contain_text("2 ranks bs32 synchronized")
    drawn = bars.locator("svg rect")
    assert drawn.count() == 7
    widths = [float(each.get_attribute("width") or 0) for each in drawn.all()]
    assert widths[-1] == pytest.approx(4 * widths[0], rel=0.1), "8 ranks exchange for 40 % of their step, 2 for 10 %"
    page.set_viewport_size({"width": 420, "height": 900})
    expect_all_text_within(bars.locator("svg"))
    expect_all_text_within(page.locator("figure", has_text="Efficiency by ranks").locator("svg"))
    bars.locator("summary").click()
    row = bars.locator("tbody tr").first.locator("td").all_inner_texts()
    assert row[0] == "2 ranks bs32"
    assert float(row[3].rstrip("%")) == pytest.approx(10, abs=1.5)
    assert row[8].endswith("MiB/s")


def test_the_phase_has_its_table_and_history_its_cases(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    table = page.get_by_role("region", name="Data parallel", exact=True)
    expect(table).to_contain_text("exchange, of the step")
    expect(table).to_contain_text("device allocator peak, largest rank")
    expect(table).to_contain_text("903 MiB")
    titles = table.locator("th a").all_inner_texts()
    assert len(titles) == len(set(titles)) == len(ranked_cases())
    page.goto(f"{address}/history.html")
    page.get_by_label("Case").select_option(label=TITLE)
    expect(page.locator("#plot-title")).to_have_text(TITLE)


def test_compare_chooses_by_ranks_and_exchange(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/compare.html")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(2 * (1 + len(ranked_cases())))
    assert page.locator("#axis-ranks option").all_inner_texts() == ["all", "1", "2", "4", "8"]
    page.locator("#axis-ranks").select_option("2")
    expect(rows).to_have_count(2 * 3)
    page.locator("#axis-exchange").select_option("synchronized")
    expect(rows).to_have_count(2)
    assert "ranks=2" in page.url
    assert "exchange=synchronized" in page.url


def test_a_run_of_before_ranks_is_of_the_same_history(site: Path) -> None:
    cases = json.loads((site / "data/cases.json").read_text())
    assert [each["ranks"] for each in cases if each["phase"] == "train_step"] == ["1"]
    with (site / "data/history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    step = [each for each in rows if each["phase"] == "train_step" and each["framework"] == "pytorch"]
    assert [(each["ranks"], each["exchange"]) for each in step] == [("1", "")] * NIGHTS
    assert len({each["comparison"] for each in step}) == 1
    ranked = [each for each in rows if each["comparison"] == TITLE and each["framework"] == "pytorch"]
    assert [each["ranks"] for each in ranked] == ["2"] * (NIGHTS - 1)
    assert all(float(each["largest_rank_allocator_peak_bytes"]) == 901 * 2**20 for each in ranked)


def test_a_change_of_one_number_of_ranks_is_found_in_its_history_alone(tmp_path: Path) -> None:
    plant = Plant("bs32-ranks4]", 30, 1.2)
    machine = Machine(nights=40, rounds=8, cases=ranked_cases(), plants=(plant,), frameworks=("pytorch",), driver_night=None)
    Nights(machine).write(tmp_path / "storage")
    (history,) = of_machines(load(tmp_path / "storage", tmp_path / "cache").nights)
    (change,) = machine_changes(history, Commits(tmp_path, ())).changes
    assert (change.comparison, change.night, change.word) == ("data parallel full matched plain fp32 bs32 ranks4", 30, "slower")


def test_a_night_whose_rounds_were_left_out_says_what_it_said(tmp_path: Path) -> None:
    (path,) = Nights(Machine(nights=1, rounds=12, cases=ranked_cases())).write(tmp_path)
    whole = path.read_bytes()
    kept = condensed(parse(tmp_path, condensed_file(tmp_path, whole), TO_SHOW))
    assert msgspec.structs.replace(kept, condensed=False) == condensed(parse(tmp_path, whole, TO_SHOW))
    (figures,) = {tuple(sorted(side.figures)) for side in kept.sides if side.case is not None and side.case.ranks == 4}
    assert {"exposed_exchange_share", "hidden_exchange_share", "lag_share", "largest_rank_allocator_peak_bytes"} <= set(figures)


def test_each_number_of_ranks_and_way_to_exchange_has_a_history_of_its_own(site: Path) -> None:
    cases = json.loads((site / "data/cases.json").read_text())
    own = [each for each in cases if each["phase"] == "data_parallel"]
    assert len({each["slug"] for each in own}) == len({each["comparison"] for each in own}) == len(ranked_cases())
    for each in own:
        assert len(list((site / "data/history").glob(f"*/{each['slug']}.json"))) == 1
