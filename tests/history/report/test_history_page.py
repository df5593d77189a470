"""A case's history in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from harness.findings.figures import known
from harness.record.figure import Figure, Unit
from history.__main__ import main as history_command
from history.report.figure_names import for_scripts
from tests.history.report.browser import served
from tests.history.report.conftest import HOSTILE_MESSAGE, NIGHTS, PLANTED_NIGHT, PROTOTYPE, UNKNOWN, Built
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights
from tests.history.report.watched_page import Watched, history, nights


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


def test_the_share_of_the_limit_is_shown_wherever_it_was_measured(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/index.html")
    pipelines = page.locator("section", has=page.get_by_role("heading", name="Data pipeline"))
    shares = pipelines.locator("dl.figures div", has_text="of the limit")
    assert [re.findall(r"(\d+)%", each)[0][0] for each in shares.all_inner_texts()] == ["9", "1", "6"]
    page = history(watched, address, "data pipeline strategy sequential bs32")
    page.get_by_label("Figure").select_option(label="share of the limit")
    expect(page.locator("#plot svg")).to_contain_text("%")


NUMBERS = (0.0, 3e-9, 4.17e-5, 4.56e-6, 1e-4, 0.0123456, 0.3141, 0.9731, 0.9999, 1.0951, 12.3456, 17.46, 999.4, 1234.6, 1_234_567.0)
BYTES = (0.0, 3_000_000.0, 52_428_800.0, 9_999_999_999.0)


def test_scripts_write_figures_as_templates_do(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/history.html", wait_until="networkidle")
    for figure in (Figure("any", "any", unit, digits) for unit in Unit for digits in (None, 0, 1, 2)):
        if figure.unit is Unit.NUMBER and figure.digits == 0:
            continue  # no significant digit is no number
        numbers = [*NUMBERS, *BYTES, -0.0317]
        written = page.evaluate("([figure, all]) => all.map(each => figures.written(figure, each))", [for_scripts(figure), numbers])
        assert written == [figure.written(number) for number in numbers], figure
        assert page.evaluate("figure => figures.written(figure, null)", for_scripts(figure)) == figure.written(None)


def test_figures_are_called_what_the_findings_call_them(watched: Watched, address: str) -> None:
    page = history(watched, address, "data pipeline matched bs32")
    options = {each.get_attribute("value") or "": each.inner_text() for each in page.get_by_label("Figure").locator("option").all()}
    declared = known()
    assert options.keys() >= {"watched", "images_per_second", "cpu_seconds_per_image", "restart_seconds", "drained_batches"}
    assert {name: declared[name].title for name in options if name in declared}.items() <= options.items()
    assert options["watched"] == "step"
    assert options["drained_batches"] == "drained batches"  # no phase declares it


def test_a_figure_of_any_name_is_read(watched: Watched, address: str) -> None:
    """One of the sides has it, in one night: the other has what every object of a script has by that name, which is no figure."""
    page = history(watched, address, "inference matched plain fp32 bs1")
    figure = page.get_by_label("Figure")
    for name, title, text in ((PROTOTYPE, "proto", "1.5"), (UNKNOWN, "something new bytes", "52,428,800")):
        figure.select_option(value=name)
        assert (figure.locator("option:checked").text_content() or "").strip() == title
        expect(page.locator("#readout .values")).to_contain_text(f"PyTorch {text}TensorFlow –")
        page.get_by_label("Relative to").select_option(index=1)  # the newest night
        expect(page.locator("#readout .values")).to_contain_text(f"PyTorch {text}, +0.0%TensorFlow –")
        page.get_by_label("Relative to").select_option(value="")


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
