"""The reference is what the code says today."""

from __future__ import annotations

import json

import pytest

from harness.record.measurement import Measurement
from tests.docs.pages import PROJECT
from tests.docs.reference import comments, fields
from tests.docs.reference.pages import FOLDER, PAGES

OF_PYTEST_BENCHMARK = {"datetime", "version"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run python -m tests.docs.reference"


def test_every_field_at_the_top_of_a_stored_file_is_named() -> None:
    for path in (PROJECT / "tests" / "record" / "stored").glob("*.json"):
        assert set(json.loads(path.read_text())) - OF_PYTEST_BENCHMARK <= set(fields.TOPS)


def test_comments_are_found_behind_a_field_and_above_it() -> None:
    class Sample:
        first: int = 1  # behind
        # above
        second: int = 2
        third: int = 3

    assert comments.of(Sample) == {"first": "behind", "second": "above", "third": ""}
    assert comments.of(Measurement)["detail"] == "why, where the outcome is not ok"
