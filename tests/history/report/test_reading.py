"""The site on a phone, on paper, under the pointer and by the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.history.report.conftest import NEW_NIGHT, NIGHTS
from tests.history.report.test_pages import contrast
from tests.history.report.watched_page import PLANTED, Watched, history

PHONE = {"width": 390, "height": 844}
CLIPPED = """() => [...document.querySelectorAll(".stacked tbody th, .stacked tbody td, h1, .change dd, .readout p")]
  .filter(each => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
  .map(each => each.textContent.trim().slice(0, 80))"""


@pytest.mark.parametrize("name", ["index", "history", "regressions", "compare"])
def test_on_a_phone_nothing_is_cut_and_each_value_says_whose_it_is(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    assert page.evaluate(CLIPPED) == []
    named = page.locator(".stacked tbody td[data-label]")
    if name in ("index", "compare"):
        said = named.first.evaluate("each => getComputedStyle(each, '::before').content")
        assert said.strip('"') == named.first.get_attribute("data-label")
        assert page.locator(".stacked thead").first.bounding_box()["width"] <= 1  # type: ignore[index]
    page.close()


def test_on_paper_it_is_light_and_without_what_can_only_be_clicked(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}/index.html")
    screen = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(media="print", color_scheme="dark")
    paper, ink = (page.evaluate(f"getComputedStyle(document.body).{field}") for field in ("backgroundColor", "color"))
    assert screen != paper == "rgb(255, 255, 255)"
    assert contrast("#ffffff", _hexadecimal(ink)) > 10
    expect(page.locator(".top nav")).to_be_hidden()
    expect(page.get_by_role("link", name="Compare with the run of")).to_be_hidden()
    expect(page.locator("table.cases").first).to_be_visible()
    page.close()


def _hexadecimal(colour: str) -> str:
    return "#" + "".join(f"{int(each):02x}" for each in colour.removeprefix("rgb(").removesuffix(")").split(", "))


def test_the_pointer_and_whoever_hears_the_page_are_told_what_a_small_line_shows(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    table = page.get_by_role("region", name="Train step", exact=True)
    row = table.locator("tbody", has=page.get_by_role("link", name=PLANTED.removeprefix("train step "), exact=True))
    said = row.locator(".sparkline title").text_content() or ""
    assert said.startswith("PyTorch, 60 nights: ")
    assert "; TensorFlow, 60 nights: " in said
    assert said.count(" ms to ") == said.count("the newest ") == 2
    assert (row.locator(".sparkline").get_attribute("aria-label") or "").endswith(said)


def test_a_row_says_when_its_level_last_changed(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    row = page.locator("tbody", has=page.get_by_role("link", name="stock bs1", exact=True))
    expect(row.locator(".spark .worse-text")).to_contain_text("TensorFlow since 30 October 2026")
    page.goto(f"{address}/regressions.html")
    change = page.locator("article.change", has_text="inference stock bs1, TensorFlow")
    mark = float(change.locator(".change-mark").get_attribute("x1") or 0)
    assert mark == pytest.approx(3 + 114 * (NEW_NIGHT - (NIGHTS - 60) - 0.5) / 59, abs=0.1)


def test_the_next_and_the_previous_case_by_a_key(watched: Watched, address: str) -> None:
    page = history(watched, address)
    cases = page.locator("#case option").all_inner_texts()
    place = cases.index(PLANTED)
    page.locator("#case").press("n")
    expect(page.locator("#plot-title")).to_have_text(PLANTED)  # in the field a letter chooses
    page.locator("#plot svg").focus()
    page.keyboard.press("n")
    expect(page.locator("#plot-title")).to_have_text(cases[place + 1])
    page.keyboard.press("p")
    expect(page.locator("#plot-title")).to_have_text(PLANTED)
    assert "case=train-step-frozen-matched-plain-fp32-bs32" in page.url
