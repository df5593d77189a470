"""The regressions in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.history.report.conftest import PLANTED_NIGHT, Built
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
