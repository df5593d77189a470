"""The pictures in a real browser."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from playwright.sync_api import expect

from harness.frameworks import FRAMEWORKS
from tests.history.report.watched_page import Watched


def test_pictures_are_saved_and_are_tables(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    titles = page.locator("figure h2")
    expect(titles.first).to_contain_text("from stock to matched")
    assert {
        "Worker scaling",
        "Ways to load the same images, PyTorch bs32",
        "Device memory over time",
        "Batch sizes up to the largest that fits",
    } <= {text.partition(":")[0] for text in titles.all_inner_texts()}
    ladder = page.locator("figure").first
    ladder.locator("summary").click()
    rows = ladder.locator("tbody tr td:first-child").all_inner_texts()
    assert (rows[0], rows[-1]) == ("stock", "matched")
    with page.expect_download() as download:
        ladder.get_by_role("button", name="Save SVG").click()
    root = ElementTree.parse(download.value.path()).getroot()
    assert root.tag.endswith("svg")
    assert "stock" in "".join(root.itertext())
    assert not root.findall(".//*[@class]")  # its colours are written in: no style sheet goes with it
    with page.expect_download() as download:
        ladder.get_by_role("button", name="Save PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_ways_to_load_are_ranked_and_those_of_other_work_are_told(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    bars = page.locator("figure", has_text="Ways to load the same images, TensorFlow bs32")
    expect(bars.locator(".lede")).to_contain_text("Best is tuned, 9")
    bars.locator("summary").click()
    rows = bars.locator("tbody tr")
    assert rows.locator("td:first-child").all_inner_texts() == ["tuned", "sequential", "stock"]
    assert [re.sub(r"\d\.\d", "", each) for each in rows.locator("td:nth-child(2)").all_inner_texts()] == ["9%", "6%", "1%"]
    low, high = (float(each.rstrip("%")) for each in rows.nth(1).locator("td:nth-child(3)").inner_text().split(" – "))
    assert 59.0 < low < float(rows.nth(1).locator("td:nth-child(2)").inner_text().rstrip("%")) < high < 65.0
    assert rows.nth(1).locator("td").last.inner_text() == FRAMEWORKS["tensorflow"].strategies["sequential"]
    assert bars.locator("svg .bar-1").count() == 2
    assert bars.locator("svg .bar-total").count() == 1  # the report's set-up has other pixels
    with page.expect_download() as download:
        bars.get_by_role("button", name="Save PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_scaling_stands_beside_the_limit(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/pictures.html")
    lines = page.locator("figure", has_text="Worker scaling: matched bs32")
    expect(lines.locator(".lede")).to_contain_text("PyTorch grows up to 8 workers: 16 workers keep 3.9 cores busy")
    assert lines.locator("svg .dashed").count() == 1
    expect(lines.locator("svg")).to_contain_text("limit of the machine")
    lines.locator("summary").click()
    rows = lines.locator("tbody tr")
    assert rows.locator("td:nth-child(2)").all_inner_texts() == ["1", "2", "4", "8", "16"] * 2
    assert rows.nth(4).locator("td:nth-child(4)").inner_text() == "4.44"
