"""Text that is read as it is stored, in a terminal or a review, is no wider than a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, REFERENCE, name, without_blocks

WIDEST = 100
MADE = (REFERENCE, DOCS / "measured")  # by commands
QUOTING = "migrating.md"  # its chapters are tables, and what tests quote of it
WRITTEN = [page for page in PAGES if not {*MADE} & {*page.parents} and page.name != QUOTING]


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_lines_are_short(page: Path) -> None:
    """But for those of tables, which cannot be broken."""
    lines = without_blocks(page.read_text(encoding="utf-8")).splitlines()
    assert [line for line in lines if len(line) > WIDEST and not line.startswith("|")] == []
