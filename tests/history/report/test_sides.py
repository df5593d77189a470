"""The site with one framework, with three, and with more than there are colours: in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from harness.findings.ahead import verdicts
from harness.findings.comparison import comparisons
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.record.case import Execution
from harness.record.outcome import Outcome
from history.__main__ import main
from history.records import TO_SHOW, read
from tests.history.report.browser import served
from tests.history.report.generated_nights import Machine, Nights
from tests.history.report.watched_page import PLANTED, Watched, history

NIGHTS, FAILED_NIGHT = 6, 3
COMPILED = "train step frozen matched compiled fp32 bs32"


def stand_in(title: str) -> Listing:
    return Listing(
        place=9,
        title=title,
        module="nowhere",
        executions={Execution.PLAIN: "jit", Execution.FUSED_NORM: "jit-fused_norm", Execution.COMPILED: "jit-compiled"},
        strategies={"sequential": "in the consumer itself"},
    )


def build(folder: Path, *further: str, frameworks: tuple[str, ...] = (), newest: str = "") -> Path:
    """further: titles of frameworks that are listed here alone. newest: part of the node ids of what fails in the newest night."""
    with pytest.MonkeyPatch.context() as patch:
        for title in further:
            patch.setitem(FRAMEWORKS, title.lower(), stand_in(title))
        failing = {FAILED_NIGHT: ("train_step[pytorch-matched-compile", Outcome.OUT_OF_MEMORY, "")}
        if newest:
            failing[NIGHTS - 1] = (newest, Outcome.OUT_OF_MEMORY, "")
        Nights(Machine(nights=NIGHTS, rounds=12, frameworks=frameworks, failing=failing)).write(folder / "storage")
        made = ["report", str(folder / "storage"), "--output", str(folder / "site"), "--cache", str(folder / "cache")]
        assert main([*made, "--markdown", str(folder / "job.md")]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("three"), "JAX")


@pytest.fixture(scope="module")
def address_of_three(three: Path) -> Iterator[str]:
    with served(three) as address:
        yield address


def index(watched: Watched, address: str) -> Page:
    watched.page.goto(f"{address}/index.html", wait_until="networkidle")
    return watched.page


def test_three_have_a_column_each_and_the_reference_a_result_against_each_other(watched: Watched, address_of_three: str) -> None:
    page = index(watched, address_of_three)
    assert page.title() == "Newest run · PyTorch against TensorFlow against JAX"
    table = page.locator("section", has=page.get_by_role("heading", name="Train step", exact=True)).locator("table")
    assert table.locator("thead th").all_inner_texts() == [
        "case",
        "PyTorch",
        "TensorFlow",
        "JAX",
        "ratio",
        "result",
        "equal work",
        "nights",
    ]
    row = table.locator("tbody", has=page.get_by_role("link", name=PLANTED.removeprefix("train step "), exact=True))
    assert [each.partition("against ")[2] for each in row.locator("td:nth-child(6) .side").all_inner_texts()] == ["TensorFlow", "JAX"]
    assert row.locator("td:nth-child(5) .side").count() == 2
    assert row.locator(".sparkline path").count() == 3
    assert len(row.locator("dl.figures dd").first.locator("span").all_inner_texts()) == 3
    metrics = page.locator("table.metrics").first.locator("tbody tr")
    assert metrics.count() == 5
    assert all(each.locator(".side").count() == 2 for each in metrics.all())


def test_who_leads_is_bold(watched: Watched, address_of_three: str) -> None:
    """Another side where it is ahead of the reference; the reference where it is ahead of all."""
    page = index(watched, address_of_three)
    titles = ["PyTorch", "TensorFlow", "JAX"]
    seen: set[tuple[bool, ...]] = set()
    for row in page.locator("table.cases tbody > tr:first-child").all():
        results = row.locator(".verdict").all_inner_texts()
        bold = tuple("ahead" in (each.get_attribute("class") or "") for each in row.locator("td.number").all()[:3])
        against = [result.startswith(title) for result, title in zip(results, titles[1:], strict=True)]
        assert bold == (all(result.startswith("PyTorch") for result in results), *against)
        seen.add(bold)
    assert len(seen) > 2


def test_the_history_has_three_lines_and_two_ratios(watched: Watched, address_of_three: str) -> None:
    page = history(watched, address_of_three)
    assert [page.locator(f"#plot .line-{colour}").count() for colour in range(3)] == [1, 1, 1]
    assert [page.locator(f"#ratio-plot .line-{colour}").count() for colour in range(3)] == [0, 1, 1]
    expect(page.locator("#ratio-plot .title")).to_have_text("PyTorch / TensorFlow · PyTorch / JAX: below 1 PyTorch costs less")
    expect(page.locator("#readout .values")).to_contain_text("PyTorch / JAX")
    page.locator("#table-details summary").click()
    heads = ["night", "commit", "PyTorch", "TensorFlow", "JAX", "PyTorch / TensorFlow", "PyTorch / JAX"]
    expect(page.locator("#table thead tr").first.locator("th, td")).to_have_text(heads)  # once the table is filled


def test_a_night_without_the_reference_compares_the_others(three: Path) -> None:
    (path,) = (each for each in (three / "data/history").rglob("*.json") if json.loads(each.read_text())["comparison"] == COMPILED)
    found = {each["title"]: each["estimate"] for each in json.loads(path.read_text())["ratios"]}
    assert list(found) == ["PyTorch / TensorFlow", "PyTorch / JAX", "TensorFlow / JAX"]
    there = {title: [night for night, value in enumerate(values) if value is not None] for title, values in found.items()}
    others = [night for night in range(NIGHTS) if night != FAILED_NIGHT]
    assert there == {"PyTorch / TensorFlow": others, "PyTorch / JAX": others, "TensorFlow / JAX": [FAILED_NIGHT]}


def test_three_ratios_are_told_apart(watched: Watched, address_of_three: str) -> None:
    """Two of them are to the same side: a colour each, with its key, and below 1 means another thing in the third."""
    page = history(watched, address_of_three, COMPILED)
    assert [page.locator(f"#ratio-plot .line-{colour}").count() for colour in range(3)] == [1, 1, 1]
    noted = "PyTorch / TensorFlow · PyTorch / JAX: below 1 PyTorch costs less; TensorFlow / JAX: below 1 TensorFlow costs less"
    expect(page.locator("#ratio-plot .title")).to_have_text(noted)
    parts = page.locator("#readout .values > span")
    keys = [part.locator(".key").get_attribute("class") for part in parts.all()]
    assert keys == ["key key-0", "key key-1", "key key-2", "key key-1", "key key-2"]
    page.locator("#plot svg").focus()
    page.keyboard.press("Home")
    for _ in range(FAILED_NIGHT):
        page.keyboard.press("ArrowRight")
    expect(parts).to_have_count(4)
    expect(parts.last).to_contain_text("TensorFlow / JAX")
    expect(parts.last.locator(".key")).to_have_class("key key-0")


def test_one_ratio_has_no_framework_s_colour(watched: Watched, tmp_path: Path) -> None:
    with served(build(tmp_path)) as address:
        page = history(watched, address)
        assert page.locator("#ratio-plot .ratio-line").count() == 1
        assert page.locator("#readout .values .key").count() == 2  # of the two sides


STEPS = "train_step[pytorch-"


def test_where_the_reference_failed_last_night_the_next_side_is_it(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the index, in the history and in the pictures, as in the terminal."""
    site = build(tmp_path, "JAX", newest=STEPS)
    monkeypatch.setitem(FRAMEWORKS, "jax", stand_in("JAX"))
    newest = [row.measurement for row in read(sorted((tmp_path / "storage").glob("*.json"))[-1], TO_SHOW).rows if row.measurement]
    measured = [each for each in newest if each.outcome is Outcome.OK and each.case.phase == "train_step"]
    expected = {found.title: json.loads(msgspec.json.encode(verdicts(found))) for found in comparisons(measured)}
    assert {(each["reference"], each["other"]) for (each,) in expected.values()} == {("tensorflow", "jax")}
    (content,) = (json.loads(path.read_text()) for path in (site / "data/overview").glob("*.json"))
    (steps,) = (phase for phase in content["phases"] if phase["phase"] == "train_step")
    assert {row["comparison"]: row["verdicts"] for row in steps["rows"]} == expected
    assert {row["cells"][0]["text"] for row in steps["rows"]} == {"out of memory"}
    with served(site) as address:
        page = index(watched, address)
        table = page.locator("section", has=page.get_by_role("heading", name="Train step", exact=True)).locator("table")
        row = table.locator("tbody", has=page.get_by_role("link", name=PLANTED.removeprefix("train step "), exact=True))
        expect(row.locator("td:nth-child(6) .sub")).to_have_text("TensorFlow against JAX")
        page = history(watched, address)
        expect(page.locator("#readout .values")).to_contain_text("PyTorch out of memory")
        expect(page.locator("#readout .values > span").last).to_contain_text(f"TensorFlow / JAX {expected[PLANTED][0]['ratio']} (")
        page.goto(f"{address}/pictures.html", wait_until="networkidle")
        expect(page.locator("figure").first.locator("svg")).to_contain_text("TensorFlow / JAX")
        assert page.locator("figure h2", has_text="from stock to matched").count() == 1


def test_each_other_side_has_its_pictures(watched: Watched, address_of_three: str) -> None:
    page = watched.page
    page.goto(f"{address_of_three}/pictures.html", wait_until="networkidle")
    titles = page.locator("figure h2").all_inner_texts()
    assert titles[:2] == [f"Train step: from stock to matched, PyTorch / {other}" for other in ("TensorFlow", "JAX")]
    assert "Ways to load the same images, JAX bs32" in titles
    against_jax = page.locator("figure").nth(1)
    expect(against_jax.locator("svg")).to_contain_text("gains JAX")
    assert against_jax.locator("svg .bar-2").count() > 1  # its key, and what was gained
    assert against_jax.locator("svg .bar-1").count() == 0
    scaling = page.locator("figure", has_text="Worker scaling").locator("svg")
    assert [scaling.locator(f"path.line-{each}").count() for each in (0, 1, 2, "limit")] == [1, 1, 1, 1]


def test_three_can_be_chosen_from(watched: Watched, address_of_three: str) -> None:
    page = watched.page
    page.goto(f"{address_of_three}/compare.html")
    page.get_by_label("Framework").select_option(label="JAX")
    expect(page.locator("#table tbody tr td:nth-child(2)").first).to_have_text("JAX")


def test_the_job_s_summary_of_three(three: Path) -> None:
    lines = (three.parent / "job.md").read_text().splitlines()
    assert "| metric | PyTorch | TensorFlow | JAX | ratio | 95 % interval | result |" in lines
    (time, *_) = (line for line in lines if line.startswith("| training time"))
    assert "PyTorch against TensorFlow: " in time
    assert "<br>PyTorch against JAX: " in time


def test_one_alone(watched: Watched, tmp_path: Path) -> None:
    with served(build(tmp_path, frameworks=("pytorch",))) as address:
        page = index(watched, address)
        assert page.title() == "Newest run · PyTorch"
        assert set(page.locator(".verdict").all_inner_texts()) == {"no other side"}
        assert page.locator("td.ahead").count() == 0
        history(watched, address)
        assert page.locator("#ratio-plot").is_hidden()
        page.goto(f"{address}/pictures.html", wait_until="networkidle")
        expect(page.locator("#pictures")).to_contain_text("Ways to load the same images, PyTorch bs32")
        page.goto(f"{address}/compare.html", wait_until="networkidle")
        assert page.locator("#axis-framework").count() == 0


def test_more_than_there_are_colours(watched: Watched, tmp_path: Path) -> None:
    with served(build(tmp_path, "JAX", "MXNet", "Caffe")) as address:
        page = index(watched, address)
        assert page.locator("table.cases").first.locator("thead .key").count() == 5
        assert page.locator("table.cases tbody").first.locator(".verdict").count() == 4
        history(watched, address)
        assert [page.locator(f"#plot .line-{colour}").count() for colour in range(3)] == [2, 2, 1]
        assert page.locator("#ratio-plot path[class^=line-]").count() == 4
