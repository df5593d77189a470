"""Links lead somewhere: inside the project to a file and a heading that are there, outside to an address of the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, PROJECT, name, without_blocks
from tests.test_migrating import HEADING, slug

MEASURED = DOCS / "measured"
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
OUTSIDE = {  # not opened by a test: there is no network here. Pages made of measurements cite sources of their own
    "https://docs.github.com/actions/hosting-your-own-runners",
    "https://execnet.readthedocs.io/en/latest/basics.html",
    "https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md",
}
LINKS = [(page, link["target"]) for page in PAGES for link in LINK.finditer(without_blocks(page.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_inside(page: Path) -> None:
    missing = []
    for source, target in LINKS:
        if source != page or "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (source.parent / path).resolve() if path else source
        assert linked.is_relative_to(PROJECT), target
        if not linked.exists() or (anchor and anchor not in anchors(linked.read_text(encoding="utf-8"))):
            missing.append(target)
    assert missing == []


def anchors(text: str) -> set[str]:
    return {slug(heading["title"].replace("`", "")) for heading in HEADING.finditer(without_blocks(text))}


def test_links_outside_are_those_of_the_list() -> None:
    assert {target for page, target in LINKS if "://" in target and MEASURED not in page.parents} <= OUTSIDE
