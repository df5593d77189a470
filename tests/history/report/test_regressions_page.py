"""The regressions in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.history.report.conftest import PLANTED_NIGHT, Built
from tests.history.report.generated_cases import standard_cases
from tests.history.report.generated_nights import Machine, Nights, Plant
from tests.history.report.test_newest import built as site_of
from tests.history.report.watched_page import PLANTED, Watched


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
    expect(page.locator("h1")).to_have_text(
        re.compile(r"TensorFlow’s inference stock bs1 became slower: \+1[0-4]\.\d% step; 1 case failed\.")
    )


def test_the_line_beside_a_change_leaves_out_what_another_meter_read(tmp_path: Path) -> None:
    """A night of the host's memory would be a leap in a line of the device's."""
    nights, other_meter = 20, 4
    cases = tuple(case for case in standard_cases() if case.phase == "memory")[:1]
    plant = Plant("memory[pytorch", nights - 5, 1.3)
    machine = Machine(nights=nights, rounds=4, cases=cases, plants=(plant,), driver_night=None, upgrade_night=None)
    for path in Nights(machine).write(tmp_path / "storage")[:other_meter]:
        content = json.loads(path.read_text())
        for each in content["benchmarks"]:
            measurement = each["extra_info"]["measurement"]
            measurement["readings"] = [one for one in measurement["readings"] if one["name"] != "allocator_peak_bytes"]
        path.write_text(json.dumps(content))
    page = (site_of(tmp_path / "storage") / "regressions.html").read_text()
    assert re.findall(r"<title>PyTorch, (\d+) nights: [\d,]+ MiB to", page) == [str(nights - other_meter)]
