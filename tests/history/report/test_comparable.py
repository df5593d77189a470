"""What makes two runs differ is named on the page, the same that makes the gate and the session refuse to compare them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from history.__main__ import main
from tests.history.report.browser import served
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import FIRST_NIGHT, Machine, Nights
from tests.history.report.watched_page import Watched

JOB = "exp1_resnet50_bs32_lr1e-3_e10"
NAMED = {("jf", "w"): f"job experiment: {JOB} (e) → {JOB} (jf)", ("e", "jx"): "job weights: w → jx"}
HASHES = {("jf", "w"): "job experiment: e → jf", ("e", "jx"): "job weights: w → jx"}  # of two runs side by side


def build(folder: Path, *machines: Machine) -> Path:
    for place, machine in enumerate(machines):
        Nights(machine).write(folder / "storage" / str(place))
    assert main(["report", str(folder / "storage"), "--output", str(folder / "site"), "--cache", str(folder / "cache")]) == 0
    return folder / "site"


def two_nights(**changes: Any) -> tuple[Machine, Machine]:
    """The later one on the same machine."""
    few = many_cases(1)
    return (
        Machine(nights=1, rounds=4, cases=few),
        Machine(seed=2, nights=1, rounds=4, cases=few, first_night=FIRST_NIGHT + timedelta(days=1), **changes),
    )


@pytest.mark.parametrize("inputs", NAMED)
def test_other_inputs_of_the_job_are_named(tmp_path: Path, watched: Watched, inputs: tuple[str, str]) -> None:
    site = build(tmp_path, *two_nights(job_inputs=inputs))
    (history,) = (site / "data" / "history").rglob("*.json")
    (changed,) = json.loads(history.read_text())["environment"]
    assert [each["text"] for each in changed["changes"]] == [NAMED[inputs]]
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/compare.html")
        expect(page.locator("#differences li")).to_have_text(f"Not the same {HASHES[inputs]}")


def test_the_same_inputs_are_not(tmp_path: Path, watched: Watched) -> None:
    site = build(tmp_path, *two_nights())
    page = watched.page
    with served(site) as address:
        page.goto(f"{address}/compare.html")
        expect(page.locator("#summary")).to_contain_text("2 cases in both runs")
        assert page.locator("#differences li").count() == 0
