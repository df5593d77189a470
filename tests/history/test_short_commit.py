"""A commit as it is shown: a hash is cut, another name is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from history.report.changes import confirmation
from history.report.links import Links
from history.report.site import _environment
from history.short_commit import short_commit
from tests.history.report.browser import launched

STATIC = Path(__file__).parents[2] / "history/report/static"
NAMES = ("unversioned", "unknown", "release-2024.10-rc1", "deadbeef", "g" * 40)


def test_in_the_terminal_and_in_markdown() -> None:
    assert short_commit("0123456789ab" + "c" * 28) == "0123456789ab"
    assert short_commit("0123456789ab" + "c" * 52) == "0123456789ab"
    assert [short_commit(name) for name in NAMES] == list(NAMES)
    assert (short_commit(None), short_commit("", "?")) == ("unknown", "?")


def test_on_the_page() -> None:
    shown = _environment().from_string('{% from "macros.html.j2" import commit %}{{ commit(it, none, links) }}')
    for name, expected in (*zip(NAMES, NAMES, strict=True), ("a" * 40, "a" * 10)):
        page = shown.render(it=name, links=Links("https://example.org/{commit}"))
        assert re.sub(r"<[^>]*>", "", page).strip() == expected


def test_in_what_the_page_s_scripts_write() -> None:
    with launched() as browser:
        page = browser.new_page()
        page.add_script_tag(path=STATIC / "labels.js")
        shown = page.evaluate("names => names.map((name) => labels.hash(name, 7))", [*NAMES, "a" * 40, None])
    assert shown == [*NAMES, "aaaaaaa", "unknown"]


@pytest.mark.parametrize(("before", "after"), [("unversioned", "unversioned"), ("a" * 40, "unversioned"), ("unversioned", "a" * 40)])
def test_nothing_is_checked_out_that_git_does_not_know(before: str, after: str) -> None:
    assert confirmation(before, after, "benchmarks/test_x.py::test_x[a]", "a") == ""
