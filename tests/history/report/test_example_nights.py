"""The nights that README's pictures are of: real ones, and what the page says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from history.__main__ import main
from tests.history.report import example_commits
from tests.history.report.pictures import IMAGES

FEWEST = 12
MOST_BYTES = 2_000_000
MOST_PICTURE_BYTES = 200_000
SLOWER = "PyTorch's train step looks for NaN in every backward pass"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nights")
    repository = example_commits.repository(folder / "repository")
    arguments = ["report", str(example_commits.NIGHTS), "--output", str(folder / "site"), "--cache", str(folder / "cache")]
    assert main([*arguments, "--repository", str(repository)]) == 0
    return folder / "site"


def test_the_newest_is_the_first_that_shows_the_slower_commit(site: Path) -> None:
    runs = json.loads((site / "data/runs.json").read_text())["runs"]
    assert len(runs) >= FEWEST
    assert len({run["commit"] for run in runs}) == 3
    assert runs[-1]["subject"] == SLOWER
    (overview,) = (json.loads(path.read_text()) for path in (site / "data/overview").glob("*.json"))
    assert overview["since"]["sentence"].startswith("PyTorch’s train step mlp full matched plain fp32 bs8 became slower: +")
    (change,) = (each for each in json.loads((site / "data/changes.json").read_text()) if each["worse"])
    assert change["new"]
    assert [each["subject"] for each in change["between"]["commits"]] == [SLOWER]


def test_they_and_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in example_commits.NIGHTS.rglob("*") if path.is_file()) < MOST_BYTES
    pictures = sorted(IMAGES.glob("report-*.png"))
    assert [path.stem for path in pictures] == [
        f"report-{page}{scheme}" for page in ("history", "index", "regressions") for scheme in ("-dark", "")
    ]
    assert all(path.stat().st_size < MOST_PICTURE_BYTES for path in pictures)
