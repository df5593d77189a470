"""Two runs side by side in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Route, expect

from history.__main__ import main as history_command
from tests.history.report.browser import served
from tests.history.report.conftest import NIGHTS, PLANTED_NIGHT
from tests.history.report.generated_cases import many_cases, standard_cases
from tests.history.report.generated_nights import Machine, Nights
from tests.history.report.watched_page import PLANTED, Watched


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
    page.locator("#axis-strategy").select_option("sequential")
    expect(rows).to_have_count(1)
    page.locator("#axis-strategy").select_option("")
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


def test_readings_of_two_meters_are_not_compared(watched: Watched, tmp_path: Path) -> None:
    memory = tuple(case for case in standard_cases() if case.phase == "memory")[:1]
    storage, site = tmp_path / "storage", tmp_path / "site"
    first, _ = Nights(Machine(nights=2, rounds=4, cases=memory, driver_night=None, upgrade_night=None)).write(storage)
    content = json.loads(first.read_text())
    for each in content["benchmarks"]:
        if "pytorch" in each["fullname"]:
            measurement = each["extra_info"]["measurement"]
            measurement["readings"] = [one for one in measurement["readings"] if one["name"] != "allocator_peak_bytes"]
    first.write_text(json.dumps(content))
    assert history_command(["report", str(storage), "--output", str(site), "--cache", str(tmp_path / "cache")]) == 0
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/compare.html")
        rows = page.locator("#table tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.filter(has_text="PyTorch").locator("td").nth(3)).to_have_text(
            "not compared: then host, anonymous and shared, now device allocator peak"
        )
        expect(rows.filter(has_text="TensorFlow").locator("td").nth(3)).to_contain_text("%")
        expect(page.locator("#summary")).to_contain_text("2 cases in both runs, 1 of them not compared, as another figure was measured;")
