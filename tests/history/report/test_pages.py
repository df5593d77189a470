"""The site in a real browser: every page, and what nobody may do to it."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Browser, expect

from harness.record.text import shortened, visible
from history.report.page_text import LONGEST
from tests.findings.outputs.from_elsewhere import harmful_characters
from tests.history.report.conftest import (
    HOSTILE_BRANCH,
    HOSTILE_CASE,
    HOSTILE_DETAIL,
    HOSTILE_FRAMEWORK,
    HOSTILE_MESSAGE,
    LONG_DETAIL,
    TURNED_CASE,
    Built,
)
from tests.history.report.watched_page import PLANTED, Watched

PAGES = ("index", "history", "regressions", "compare", "pictures")
EACH_PAGE = pytest.mark.parametrize("name", PAGES)
LAYOUT_SHIFT = """
() => new Promise(done => {
  let sum = 0;
  const add = list => { for (const each of list.getEntries()) sum += each.value; };
  new PerformanceObserver(add).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 400);
})
"""
MOST_LAYOUT_SHIFT = 0.05  # half of what web.dev calls good


@EACH_PAGE
def test_loads_quietly_from_a_server(watched: Watched, address: str, name: str) -> None:
    watched.page.goto(f"{address}/{name}.html", wait_until="networkidle")
    assert watched.page.locator("h1").count() == 1
    assert watched.page.evaluate(LAYOUT_SHIFT) < MOST_LAYOUT_SHIFT
    assert "owned" not in watched.page.title()
    assert watched.hosts == {"127.0.0.1"}


@EACH_PAGE
def test_loads_quietly_from_a_folder(watched: Watched, built: Built, name: str) -> None:
    watched.page.goto(f"file://{built.site}/{name}.html", wait_until="load")
    shown = {"history": "#plot svg", "compare": "#table tbody tr", "pictures": "figure svg"}.get(name, "h1")
    expect(watched.page.locator(shown).first).to_be_visible()


@EACH_PAGE
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens(browser: Browser, address: str, name: str, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.close()
    assert wider <= 0


@EACH_PAGE
def test_everything_has_a_name(watched: Watched, address: str, name: str) -> None:
    """For whoever hears the page: fields and pictures are labelled, links and buttons say something, headings skip no level."""
    page = watched.page
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("select, input:not([type=hidden]), button, a, svg[role], [role=slider]")]
          .filter(each => !(each.getAttribute("aria-label") || each.labels?.length || each.textContent.trim()))
          .map(each => each.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    levels = [int(each) for each in page.evaluate("() => [...document.querySelectorAll('h1,h2,h3')].map(each => each.tagName[1])")]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Browser, address: str, scheme: str) -> None:
    """WCAG 2.2 AA for text: 4.5 to 1 on the page and on a card."""
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{address}/index.html")
    colours = page.evaluate(
        """() => Object.fromEntries(["page", "card", "ink", "quiet", "accent", "first", "second", "third", "worse", "better"]
          .map(name => [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]))"""
    )
    page.close()
    for ground in ("page", "card"):
        for name in ("ink", "quiet", "accent", "first", "second", "third", "worse", "better"):
            assert contrast(colours[ground], colours[name]) >= 4.5, (ground, name)


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_hostile_words_are_text(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html", wait_until="networkidle")
    for hostile in (HOSTILE_DETAIL, HOSTILE_BRANCH, HOSTILE_FRAMEWORK, HOSTILE_CASE.partition("::")[2]):
        expect(page.locator("body")).to_contain_text(hostile)
    other_suite = page.locator("table.cases tbody", has=page.get_by_role("link", name=HOSTILE_CASE, exact=True))
    expect(other_suite.locator(".verdict")).to_have_text("no other side")
    assert other_suite.locator(".ahead").count() == 0
    page.goto(f"{address}/regressions.html", wait_until="networkidle")
    expect(page.locator("article.change", has_text=PLANTED).locator(".range")).to_contain_text(HOSTILE_MESSAGE)
    page.goto(f"{address}/history.html")
    page.get_by_label("Case").select_option(label=HOSTILE_CASE)
    expect(page.locator("#plot-title")).to_have_text(HOSTILE_CASE)
    assert page.evaluate("document.scripts.length") == page.evaluate("document.querySelectorAll('head > script').length")
    assert page.locator("img").count() == 0
    assert page.title() == f"History · PyTorch against TensorFlow against {HOSTILE_FRAMEWORK}"


def test_a_long_error_is_a_line_that_opens(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html", wait_until="networkidle")
    row = page.locator("section[aria-labelledby=failed] tr", has_text="ran out of memory")
    expect(row.locator("summary")).to_have_text(shortened(LONG_DETAIL, LONGEST))
    expect(row.get_by_text("line 29")).to_be_hidden()
    row.locator("summary").click()
    expect(row.get_by_text("line 29")).to_be_visible()
    assert [line.strip() for line in row.locator("details").inner_text().splitlines()][-1] == "line 29"


@EACH_PAGE
def test_no_page_shows_a_character_that_does_something(watched: Watched, address: str, name: str) -> None:
    page = watched.page
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    assert harmful_characters(page.evaluate("document.documentElement.outerHTML")) == set()


def test_a_name_that_would_turn_its_line_is_shown_as_what_it_is(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html", wait_until="networkidle")
    page.get_by_role("link", name=visible(TURNED_CASE), exact=True).click()
    expect(page.locator("#plot-title")).to_have_text(visible(TURNED_CASE))
    assert harmful_characters(page.content()) == set()


def test_the_policy_allows_nothing_from_outside(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    refused = page.evaluate(
        """() => new Promise(done => {
          const seen = [];
          document.addEventListener("securitypolicyviolation", event => {
            seen.push(event.effectiveDirective);
            if (seen.length === 3) done(seen.sort());
          });
          new Image().src = "https://example.org/x.png";
          const script = document.createElement("script");
          script.textContent = "document.title = 'owned'";
          document.head.append(script);
          fetch("https://example.org/").catch(() => {});
        })"""
    )
    assert refused == ["connect-src", "img-src", "script-src-elem"]
    assert "owned" not in page.title()
    watched.complaints.clear()  # of what was just refused
    watched.hosts -= {"example.org"}
