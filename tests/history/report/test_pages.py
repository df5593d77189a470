"""The site in a real browser: what a person does with it, and what nobody may do to it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from harness.frameworks import FRAMEWORKS
from history.__main__ import main as history_command
from history.report import words
from tests.history.report.browser import served
from tests.history.report.conftest import HOSTILE_BRANCH, HOSTILE_CASE, HOSTILE_DETAIL, HOSTILE_MESSAGE, NIGHTS, PLANTED_NIGHT, Built
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights, many_cases

PAGES = ("index", "history", "regressions", "compare", "pictures")
EACH_PAGE = pytest.mark.parametrize("name", PAGES)
PLANTED = "train step frozen matched plain fp32 bs32"
LAYOUT_SHIFT = """
() => new Promise(done => {
  let sum = 0;
  const add = list => { for (const each of list.getEntries()) sum += each.value; };
  new PerformanceObserver(add).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 400);
})
"""
MOST_LAYOUT_SHIFT = 0.05  # half of what web.dev calls good


class Watched:
    """A page, and all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or urlsplit(request.url).scheme))

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the test went on to another page
            self.complaints.append(f"{request.url}: {request.failure}")

    def expect_quiet(self) -> None:
        assert self.complaints == []
        assert self.hosts <= {"127.0.0.1", "data", "blob", "file"}


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    watched = Watched(context.new_page())
    yield watched
    context.close()
    watched.expect_quiet()


def history(watched: Watched, address: str, case: str = PLANTED) -> Page:
    page = watched.page
    page.goto(f"{address}/history.html")
    page.get_by_label("Case").select_option(label=case)
    expect(page.locator("#plot-title")).to_have_text(case)
    return page


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
        """() => Object.fromEntries(["page", "card", "ink", "quiet", "accent", "first", "second", "worse", "better"]
          .map(name => [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]))"""
    )
    page.close()
    for ground in ("page", "card"):
        for name in ("ink", "quiet", "accent", "first", "second", "worse", "better"):
            assert contrast(colours[ground], colours[name]) >= 4.5, (ground, name)


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_history_zooms_by_drag_by_key_and_by_button(watched: Watched, address: str) -> None:
    page = history(watched, address)
    plot = page.locator("#plot svg")
    expect(plot).to_have_attribute("aria-valuemax", str(NIGHTS))
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 210, steps=4)
    page.mouse.up()
    dragged = nights(page)
    assert 10 < dragged[1] - dragged[0] < 30
    assert f"from={dragged[0]}&to={dragged[1]}" in page.url
    page.reload()
    expect(page.locator("#plot svg")).to_have_attribute("aria-valuemin", str(dragged[0]))  # a link shows the same
    page.locator("#plot svg").focus()
    page.keyboard.press("+")
    assert nights(page)[1] - nights(page)[0] == pytest.approx((dragged[1] - dragged[0]) / 2, abs=1)
    page.keyboard.press("Escape")
    assert nights(page) == (1, NIGHTS)
    page.get_by_role("button", name="Zoom in").click()
    assert nights(page)[1] - nights(page)[0] < NIGHTS / 2 + 1
    page.get_by_role("button", name="All nights").click()
    assert nights(page) == (1, NIGHTS)
    assert "from=" not in page.url


def nights(page: Page) -> tuple[int, int]:
    """First and last night that the plot shows."""
    plot = page.locator("#plot svg")
    return int(plot.get_attribute("aria-valuemin") or 0), int(plot.get_attribute("aria-valuemax") or 0)


def test_the_cursor_is_moved_by_keys_and_says_what_it_reads(watched: Watched, address: str, built: Built) -> None:
    page = history(watched, address)
    page.locator("#plot svg").focus()
    page.keyboard.press("Home")
    for _ in range(PLANTED_NIGHT):
        page.keyboard.press("ArrowRight")
    spoken = page.locator("#plot svg").get_attribute("aria-valuetext") or ""
    assert built.hashes[PLANTED_NIGHT][:10] in spoken
    assert re.search(r"PyTorch [\d.]+ ms", spoken)
    assert "PyTorch became slower: +" in spoken
    readout = page.locator("#readout")
    expect(readout).to_contain_text(HOSTILE_MESSAGE)
    expect(readout.get_by_role("link")).to_have_attribute("href", f"https://example.org/commit/{built.hashes[PLANTED_NIGHT]}")


def test_hover_reads_a_night(watched: Watched, address: str) -> None:
    page = history(watched, address)
    before = page.locator("#readout").inner_text()
    box = page.locator("#plot svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    expect(page.locator("#readout")).not_to_have_text(before)


def test_history_marks_changes_and_shows_both_frameworks(watched: Watched, address: str) -> None:
    page = history(watched, address)
    assert page.locator("#plot .line-0").count() == 1
    assert page.locator("#plot .line-1").count() == 1
    assert page.locator("#plot .noise-0").count() == 2  # a band for each level
    assert page.locator("#plot .change-worse").count() == 1
    assert page.locator("#plot .environment").count() == 2
    changes = page.locator("#changes")
    expect(changes).to_contain_text("gpu driver: 595.58 → 610.20")
    expect(changes).to_contain_text("PyTorch, framework: torch 2.14.0 → torch 2.14.1")
    expect(changes).to_contain_text("PyTorch became slower")


def test_history_relative_to_a_baseline_and_of_another_figure(watched: Watched, address: str) -> None:
    page = history(watched, address)
    page.get_by_label("Relative to").select_option(index=NIGHTS)  # the first night
    expect(page.locator("#plot .one").first).to_be_attached()
    page.locator("#plot svg").focus()
    page.keyboard.press("Home")
    expect(page.locator("#readout")).to_contain_text("+0.0%")
    page.get_by_label("Relative to").select_option(value="")
    page.get_by_label("Figure").select_option("model_flops_utilisation")
    expect(page.locator("#readout")).to_contain_text("37.0%")
    assert "figure=model_flops_utilisation" in page.url


def test_the_nights_are_a_table_too(watched: Watched, address: str) -> None:
    page = history(watched, address)
    page.locator("#table-details summary").click()
    expect(page.locator("#table tbody tr")).to_have_count(NIGHTS)


def test_compare_filters_and_can_be_linked(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/compare.html")
    rows = page.locator("#table tbody tr")
    expect(rows.first).to_be_visible()
    everything = rows.count()
    page.get_by_label("Framework").select_option(label="PyTorch")
    page.get_by_label("Phase").select_option("train_step")
    page.get_by_label("Style").select_option("matched")
    expect(rows).to_have_count(4)
    assert everything > 40
    assert set(page.locator("#table tbody tr td:nth-child(2)").all_inner_texts()) == {"PyTorch"}
    page.get_by_label("Precision").select_option("bf16")
    expect(rows).to_have_count(1)
    page.get_by_label("Precision").select_option("")
    page.get_by_label("Phase").select_option("data_pipeline")
    page.get_by_label("Style").select_option("")
    page.locator("#strategy").select_option("sequential")
    expect(rows).to_have_count(1)
    page.locator("#strategy").select_option("")
    page.get_by_label("Phase").select_option("train_step")
    page.get_by_label("Style").select_option("matched")
    expect(rows).to_have_count(4)
    since_last_night = rows.all_inner_texts()
    page.get_by_label("Then").select_option(index=NIGHTS - 1)  # the first night
    expect(rows).not_to_have_text(since_last_night, use_inner_text=True)
    expect(rows.first).to_contain_text(PLANTED)  # changed most
    link, shown = page.url, rows.all_inner_texts()
    other = page.context.new_page()
    other.goto(link)
    expect(other.locator("#table tbody tr")).to_have_text(shown, use_inner_text=True)


def test_of_two_choices_the_later_is_shown(watched: Watched, address: str) -> None:
    """Though what the earlier one shows comes after it."""
    page = watched.page
    page.goto(f"{address}/compare.html")
    rows = page.locator("#table tbody tr")
    expect(rows.first).to_be_visible()
    then = page.get_by_label("Then")
    newest, slow = (then.locator("option").nth(index).get_attribute("value") for index in (1, NIGHTS - 1))
    expect(then).to_have_value(newest or "")
    since_last_night = rows.all_inner_texts()
    held: list[Route] = []
    page.route(f"**/runs/{slow}.js", lambda route: held.append(route))
    with page.expect_request(f"**/runs/{slow}.js"):
        then.select_option(slow)
    then.select_option(newest)
    with page.expect_response(f"**/runs/{slow}.js"):
        held[0].continue_()
    page.evaluate("slow => data.load(`runs/${slow}`).then(() => new Promise(done => setTimeout(done)))", slow)
    expect(rows).to_have_text(since_last_night, use_inner_text=True)


def test_compare_beyond_the_noise(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/compare.html")
    rows = page.locator("#table tbody tr")
    expect(rows.first).to_be_visible()
    everything = rows.count()
    page.get_by_label("Then").select_option(index=PLANTED_NIGHT - 45)  # five nights or so before the newest
    page.get_by_label("beyond the noise only").check()
    expect(rows).not_to_have_count(everything)
    assert rows.count() < 12
    expect(page.locator("#summary")).to_contain_text("worse")
    assert "beyond=1" in page.url


def test_the_planted_regression_is_listed_with_its_commits(watched: Watched, address: str, built: Built) -> None:
    page = watched.page
    page.goto(f"{address}/regressions.html")
    change = page.locator("article.change", has_text=f"{PLANTED}, PyTorch")
    expect(change).to_contain_text("became slower")
    before, after = built.hashes[PLANTED_NIGHT - 1][:10], built.hashes[PLANTED_NIGHT][:10]
    assert re.sub(r"\s", "", change.locator(".range").inner_text()).startswith(f"{before}..{after}")
    command = change.locator(".command code").inner_text()
    assert f"gate --base {built.hashes[PLANTED_NIGHT - 1][:12]} --head {built.hashes[PLANTED_NIGHT][:12]}" in command
    assert "test_train_step[pytorch-matched-eager-fp32-frozen-bs32]" in command
    change.get_by_text("1 commit in the range").click()
    expect(change.locator("details li")).to_contain_text("Night Owl")


def test_new_since_last_night_comes_first(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/regressions.html")
    first = page.locator("article.change").first
    expect(first).to_contain_text("inference stock bs1, TensorFlow")
    expect(first.locator(".pill")).to_have_text("new")
    assert page.locator("article.change").count() == 3
    page.goto(f"{address}/index.html")
    expect(page.locator("h1")).to_have_text("1 new regression, 1 case failed")


def test_hostile_words_are_text(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html", wait_until="networkidle")
    for hostile in (HOSTILE_DETAIL, HOSTILE_BRANCH, HOSTILE_CASE.partition("::")[2]):
        expect(page.locator("body")).to_contain_text(hostile)
    page.goto(f"{address}/regressions.html", wait_until="networkidle")
    expect(page.locator("article.change", has_text=PLANTED).locator(".range")).to_contain_text(HOSTILE_MESSAGE)
    page.goto(f"{address}/history.html")
    page.get_by_label("Case").select_option(label=HOSTILE_CASE)
    expect(page.locator("#plot-title")).to_have_text(HOSTILE_CASE)
    assert page.evaluate("document.scripts.length") == page.evaluate("document.querySelectorAll('head > script').length")
    assert page.locator("img").count() == 0
    assert page.title() == "History · PyTorch against TensorFlow"


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
    assert 60.0 < low < high < 64.0
    assert rows.nth(1).locator("td").last.inner_text() == FRAMEWORKS["tensorflow"].strategies["sequential"]
    assert bars.locator("svg .bar-second").count() == 2
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


def test_the_share_of_the_limit_is_shown_wherever_it_was_measured(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    pipelines = page.locator("section", has=page.get_by_role("heading", name="Data pipeline"))
    shares = pipelines.locator("dl.figures div", has_text="share of the limit")
    assert [re.findall(r"(\d+)\.\d%", each)[0][0] for each in shares.all_inner_texts()] == ["9", "1", "6"]
    page = history(watched, address, "data pipeline strategy sequential bs32")
    page.get_by_label("Figure").select_option(label="share of the limit")
    expect(page.locator("#plot svg")).to_contain_text("%")


def test_scripts_write_figures_as_templates_do(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/history.html", wait_until="networkidle")
    samples = [
        *(("first_step_seconds", number) for number in (0.0, 3e-9, 4.56e-6, 0.0123456, 0.9999, 12.345, 1234.6)),
        *(("host_peak_bytes", number) for number in (0, 3_000_000, 52_428_800, 9_999_999_999)),
        *(("images_per_second", number) for number in (0.1234, 17.46, 999.4, 1234.6, 1_234_567)),
        ("throttled_share", 0.0731),
        ("share_of_limit", 0.914),
        ("overlap", -0.0317),
        ("loader_alone_seconds_per_step", 0.0171),
        ("accelerator_utilisation_at_800_images_per_second", 0.9731),
        ("drained_batches", 4096.0),
        ("pixel_difference_max", 4.17e-5),
        ("joules_per_image", 0.3141),
        ("validation_loss", 1.0951),
    ]
    for name, number in samples:
        assert page.evaluate("([name, number]) => words.value(name, number)", [name, number]) == words.value(name, number)
    for name in (*words.TITLES, "build_seconds", "__proto__", "something_new_bytes"):
        assert page.evaluate("name => words.figure(name)", name) == words.name(name)


def test_two_machines_have_a_history_each(watched: Watched, tmp_path: Path) -> None:
    storage, site = tmp_path / "storage", tmp_path / "site"
    Nights(Machine(nights=12, rounds=4, cases=many_cases(2))).write(storage / "one")
    later = FIRST_NIGHT + timedelta(days=3)
    Nights(Machine(seed=2, nights=11, rounds=4, cases=many_cases(3), cpu="Other", gpu=None, first_night=later)).write(storage / "other")
    assert history_command(["report", str(storage), "--output", str(site), "--cache", str(tmp_path / "cache")]) == 0
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/index.html")
        page.get_by_role("navigation", name="Machines").get_by_role("link", name="Accelerator X1").click()
        expect(page.locator(".facts")).to_contain_text("12 runs")
        page.goto(f"{address}/history.html")
        expect(page.locator("#case option")).to_have_count(3)
        page.get_by_label("Machine").select_option(label="Accelerator X1 · Testor 9000 × 16")
        expect(page.locator("#case option")).to_have_count(2)
        expect(page.locator("#plot svg")).to_have_attribute("aria-valuemax", "12")
        page.reload()
        expect(page.locator("#plot svg")).to_have_attribute("aria-valuemax", "12")
        page.goto(f"{address}/pictures.html")
        expect(page.locator("#pictures")).to_contain_text("no ladder of sources was measured")
        with page.expect_response("**/pictures/*.js"):
            page.get_by_label("Machine").select_option(index=1)


def test_runs_of_two_machines_are_compared_with_a_warning(watched: Watched, tmp_path: Path) -> None:
    storage, site = tmp_path / "storage", tmp_path / "site"
    Nights(Machine(nights=1, rounds=4, cases=many_cases(2))).write(storage / "one")
    Nights(Machine(seed=2, nights=1, rounds=4, cases=many_cases(2), cpu="Other", gpu=None)).write(storage / "other")
    assert history_command(["report", str(storage), "--output", str(site), "--cache", str(tmp_path / "cache")]) == 0
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/compare.html")
        expect(page.locator("#then option")).to_have_count(2)
        runs = page.locator("#then option").evaluate_all("all => all.map(each => each.value)")
        page.get_by_label("Then").select_option(runs[0])
        page.get_by_label("Now").select_option(runs[1])
        expect(page.locator("#differences")).to_contain_text("Not the same machine")
        expect(page.locator("#table tbody tr")).to_have_count(4)
