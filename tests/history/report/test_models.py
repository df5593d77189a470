"""Several models in one run, on every page, in a real browser: each stands beside the others, and is compared only with itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet
import pytest
from playwright.sync_api import expect

from harness.record.case import Case, Style
from history.__main__ import main
from tests.history.report.browser import served
from tests.history.report.generated_cases import of_model, standard_cases
from tests.history.report.generated_measurements import WEAK
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights
from tests.history.report.watched_page import Watched

BOTH = "ResNet50, Multilayer perceptron"


def cases() -> tuple[Case, ...]:
    """Of the second model those that need no images."""
    every = standard_cases()
    rows = [case for case in every if case.phase in ("train_step", "inference", "largest_batch") and case.style is not Style.LADDER]
    return (*of_model("mlp", tuple(rows)), *every)  # the default one is written last, and stands first all the same


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of the default model alone, one with both, and one in which the other's folder was changed."""
    folder = tmp_path_factory.mktemp("models")
    for place, changes in enumerate(({}, {"cases": cases()}, {"cases": cases(), "model_sha256": "n"})):
        night = Machine(seed=1, nights=1, rounds=12, first_night=FIRST_NIGHT + timedelta(days=place), driver_night=None, **changes)
        Nights(night).write(folder / "storage" / str(place))
    assert main(["report", *map(str, (folder / "storage", "--output", folder / "site", "--cache", folder / "cache"))]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address


def test_the_overview_names_the_models_and_gives_each_its_tables(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    expect(page.locator(".facts div", has_text="Models")).to_contain_text(BOTH)
    headings = page.locator("section h2").all_inner_texts()
    steps = [each for each in headings if each.startswith("Train step")]
    assert steps == ["Train step, ResNet50", "Train step, Multilayer perceptron"]
    assert headings.index(steps[1]) == headings.index(steps[0]) + 1
    assert "Memory, ResNet50" in headings
    assert "Memory, Multilayer perceptron" not in headings
    images, rows = (page.get_by_role("region", name=name, exact=True) for name in steps)
    expect(images).to_contain_text("J/image")
    expect(rows).to_contain_text("J/row")
    assert "image" not in rows.inner_text()
    ours = images.locator("th a", has_not_text="ladder").all_inner_texts()
    assert ours == rows.locator("th a").all_inner_texts(), "the heading says the model, no row says it again"
    assert page.locator("#phase-train_step-mlp").count() == page.locator("#phase-train_step").count() == 1
    captions = page.locator(".metrics caption").all_text_contents()
    assert captions == [f"{style}, {model}" for model in BOTH.split(", ") for style in ("matched", "stock")]


def test_weak_checks_are_counted_and_explained(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    expect(page.locator(".facts div", has_text="Equal work")).to_contain_text("weak")
    expect(page.get_by_role("region", name="Inference, Multilayer perceptron")).to_contain_text("1 check holds, 1 weak")
    expect(page.get_by_role("region", name="Inference, ResNet50")).not_to_contain_text("weak")
    receipt = page.locator("#receipts ~ details", has_text="train step mlp full matched plain fp32 bs32")
    receipt.locator("summary").click()
    expect(receipt.get_by_text(WEAK)).to_be_visible()


def test_a_row_leads_to_its_own_model_s_history(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    page.get_by_role("region", name="Train step, Multilayer perceptron").locator("th a").first.click()
    expect(page.locator("#plot-title")).to_have_text("train step mlp frozen matched plain fp32 bs32")
    expect(page.locator("#changes")).to_contain_text("model mlp: m → n")
    page.goto(f"{address}/index.html")
    page.get_by_role("region", name="Train step, ResNet50").locator("th a").first.click()
    expect(page.locator("#plot-title")).to_have_text("train step frozen matched plain fp32 bs32")
    expect(page.locator("#changes")).not_to_contain_text("mlp")


def test_two_runs_are_compared_model_by_model(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/compare.html")
    rows = page.locator("#table tbody tr")
    expect(page.locator("#models")).to_have_text(f"Models: {BOTH}")
    expect(page.locator("#differences li")).to_have_text("Not the same model mlp: m → n")
    page.locator("#axis-model").select_option(label="Multilayer perceptron")
    expect(rows).to_have_count(2 * sum(case.model == "mlp" for case in cases()))
    assert all(" mlp " in each for each in rows.locator("th").all_inner_texts())
    assert "model=mlp" in page.url
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#table tbody tr")).to_have_count(rows.count())
    page.locator("#axis-model").select_option(label="ResNet50")
    expect(rows.first).not_to_contain_text(" mlp ")
    page.get_by_label("Then").select_option(index=2)  # the night of one model alone
    expect(page.locator("#models")).to_have_text("Models: ResNet50, Multilayer perceptron (only now)")
    expect(page.locator("#differences li")).to_have_count(0)


def test_pictures_name_the_model_where_several_stand_together(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    titles = page.locator("figure h2")
    expect(titles.first).to_have_text("Train step, ResNet50: from stock to matched")
    sweeps = [each for each in titles.all_inner_texts() if each.startswith("Batch sizes")]
    assert sorted(each.rpartition(", ")[2] for each in sweeps) == ["Multilayer perceptron", "ResNet50"]
    assert len(set(page.locator(".plot").evaluate_all("found => found.map(each => each.id)"))) == len(titles.all())


def test_the_table_of_all_history_has_the_model(site: Path) -> None:
    with (site / "data/history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {"resnet50", "mlp"}
    assert all((" mlp " in row["comparison"]) is (row["model"] == "mlp") for row in rows)
    assert all(bool(row["rows_per_second"]) is (row["model"] == "mlp") for row in rows if row["median_seconds"])
    assert pyarrow.parquet.read_table(site / "data/history.parquet")["model"].to_pylist() == [row["model"] for row in rows]


def test_other_words_of_a_run_are_told_as_before(site: Path) -> None:
    runs = json.loads((site / "data/runs.json").read_text())["runs"]
    assert [run["told"].get("weights") for run in runs] == ["w", "w", "w"]
    assert [run["models"] for run in runs] == [{"resnet50": "ResNet50"}, *[{"resnet50": "ResNet50", "mlp": "Multilayer perceptron"}] * 2]
