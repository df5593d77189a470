"""The page of an examination: its text, and in a real browser."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from harness.record.parting import Line, Part, Point
from harness.record.text import visible
from harness.session.examination import store
from harness.session.examination.page import page
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.history.report.browser import launched
from tests.history.report.watched_page import Watched
from tests.session.examination.examined import LAYERS, NORMS, TITLES, agreeing, parted, parting

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">'\"&"


class Elements(HTMLParser):
    """Which there are, and what is read in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.read = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.read += data


@given(TEXTS.map(lambda text: text.replace("`", "")).filter(bool))
def test_words_from_outside_are_text(words: str) -> None:
    point = Point(words, words, 0.1)
    part = replace(parting(words), operation=words, other_operation=words, ruled_out=(words,))
    held = replace(agreeing(), title=words, partings=(part,), lines=(Line(Part.INFERENCE, words, (point,)),), notes=(words,))
    plain = replace(held, title="w", partings=(parting("w"),), lines=(Line(Part.INFERENCE, "w", (Point("w", "w", 0.1),)),), notes=("w",))
    plain = replace(plain, partings=(replace(part, layer="w", operation="w", other_layer="w", other_operation="w", ruled_out=("w",)),))
    found = Elements(page(held))
    assert found.names == Elements(page(plain)).names
    assert visible(words) in found.read
    assert harmful_characters(found.read) == set()


def test_nothing_is_fetched() -> None:
    text = page(parted())
    assert not any(each in text for each in ("http:", "https:", "src=", "@import", "url(", "<link"))


def test_it_tells_what_the_terminal_tells() -> None:
    read = Elements(page(parted())).read
    assert f"Not the same network in {' and '.join(TITLES.values())}" in read
    for words in ("PyTorch pads 3 on each side, TensorFlow 2 before and 3 behind", "Write epsilon= as PyTorch has it.", "norm missing"):
        assert words in read


@pytest.mark.parametrize("apart", [0.0, 1e-300, 1e300, math.inf, math.nan])
def test_any_difference_has_a_place_in_the_picture(apart: float) -> None:
    text = page(replace(agreeing(), lines=(Line(Part.INFERENCE, "fp64", (Point("a", "b", apart), Point("c", "d", 1e-16))),)))
    heights = [float(each.partition('"')[0]) for each in text.split('cy="')[1:]]
    assert len(heights) == 2
    assert all(0 <= each <= 200 for each in heights)


def test_without_points_there_is_no_picture() -> None:
    assert "svg" not in Elements(page(replace(agreeing(), lines=(), failure="TensorFlow's file cannot be imported"))).names
    assert "svg" not in Elements(page(replace(agreeing(), lines=(Line(Part.STATISTICS, "fp64", ()),)))).names


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with launched() as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    watched = Watched(browser.new_page(viewport={"width": 1200, "height": 900}))
    yield watched
    watched.page.close()
    watched.expect_quiet()


def opened(page: Page, folder: Path, hostile: bool = False) -> Page:
    examination = parted()
    if hostile:
        lines = tuple(replace(line, points=tuple(replace(each, operation=HOSTILE) for each in line.points)) for line in examination.lines)
        examination = replace(examination, title=HOSTILE, notes=(HOSTILE,), lines=lines)
    page.goto(f"file://{store.write(examination, folder).page}")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_picture_is_there_and_nothing_is_wider_than_the_screen(browser: Browser, tmp_path: Path, scheme: str, width: int) -> None:
    watched = Watched(browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme))  # type: ignore[arg-type]
    page = opened(watched.page, tmp_path)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    names = page.locator(".panel").first.locator(".name")
    assert names.all_text_contents() == ["bfloat16", "float32", "float64"]
    for text in (*names.all(), *page.locator(".panel .tick").all()):
        box = text.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    colour = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    ground, line = (page.evaluate(colour, each) for each in (["figure", "backgroundColor"], [".line", "stroke"]))
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")
    assert line != ground
    page.close()
    watched.expect_quiet()


def test_partings_are_marked_where_they_are(watched: Watched, tmp_path: Path) -> None:
    panel = opened(watched.page, tmp_path).locator(".panel").first
    assert panel.locator("circle.fault").count() == 1 + len(NORMS) + 1
    assert sorted(panel.locator(".number-of-fault").all_text_contents()) == ["1", "2", "3"]
    first, second = (panel.locator(f"circle.fault[aria-label^='{layer},']").bounding_box() for layer in ("conv1", "bn1"))
    assert first is not None
    assert second is not None
    assert first["x"] < second["x"], "the padding is in the layer before the norm"
    assert first["y"] < second["y"], "and larger"


def test_points_are_read_by_keyboard_and_pointer(watched: Watched, tmp_path: Path) -> None:
    page = opened(watched.page, tmp_path)
    reading = page.locator(".reading").first
    page.keyboard.press("Tab")
    expect(reading).to_have_text("conv1, conv2d: 0.12 (float64), parting 1")
    page.keyboard.press("ArrowRight")
    expect(reading).to_have_text("bn1, batch_norm: 0.0003 (float64), parting 2")
    page.keyboard.press("ArrowDown")
    expect(reading).to_contain_text("(float32)")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.part').querySelector('h3').textContent") == "Forward pass of training"
    page.locator(".panel").first.locator("circle[aria-label^='fc,']").last.hover()
    expect(reading).to_contain_text("fc, linear:")


def test_the_table_has_each_point(watched: Watched, tmp_path: Path) -> None:
    page = opened(watched.page, tmp_path)
    page.locator("summary").click()
    rows = page.locator("table").first.locator("tbody tr")
    assert rows.count() == 3 * len(LAYERS) - 2, "the padding has a row in float64 alone"
    expect(rows.filter(has_text="another size").first).to_be_visible()


def test_hostile_words_do_nothing(watched: Watched, tmp_path: Path) -> None:
    page = opened(watched.page, tmp_path, hostile=True)
    assert page.title() == f"{HOSTILE}: PyTorch and TensorFlow"
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    expect(page.locator("li")).to_have_text(HOSTILE)
