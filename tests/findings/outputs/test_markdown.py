"""Text from elsewhere in Markdown: rendered, it reads as it was, in a table of as many cells as were written."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from harness.findings.outputs.markdown import cell, code, escaped, folded, table
from harness.record.text import visible
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.findings.outputs.rendered import OF_OURS, RENDERER, Elements

COLUMNS = ("case", "why")


def read(text: str) -> str:
    """As somebody reads it."""
    return text.replace(OF_OURS, "").strip()


def as_it_was(text: str) -> str:
    return read(visible(" ".join(text.split())).replace(OF_OURS, ""))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_table_has_its_cells_and_their_text(rows: list[tuple[str, str]]) -> None:
    page = Elements(RENDERER.render(table(COLUMNS, ((code(name), escaped(why)) for name, why in rows))))
    structure = ["td", "code", "td"]
    assert page.names == ["table", "thead", "tr", "th", "th", "tbody", *(["tr", *structure] * len(rows))]
    assert (page.attributes, page.comments) == ([], [])
    assert [read(each) for each in page.cells[2:]] == [as_it_was(text) for row in rows for text in row]


@given(TEXTS)
def test_a_paragraph_and_a_point_of_a_list_are_only_that(text: str) -> None:
    said = escaped(text)
    for source, elements in ((said, ["p"]), (f"- {said}", ["ul", "li"]), (folded("more", said), ["details", "summary", "p"])):
        page = Elements(RENDERER.render(source))
        if as_it_was(text):
            assert page.names == elements
            assert read(page.cells[-1]) == as_it_was(text)
        assert page.attributes == []


@given(TEXTS)
def test_nothing_is_mentioned_linked_or_turned(text: str) -> None:
    for said in (escaped(text), code(text)):
        assert harmful_characters(said) <= {OF_OURS}
        assert re.search(r"[@#](?!\u200b)", re.sub(r"&#\d+;", "", said)) is None
        assert re.search(r"://|www\.", said, re.IGNORECASE) is None
        assert html.unescape(said).count("\n") == 0
        assert "|" not in said, "renderers differ in what ends a cell"


@given(TEXTS)
def test_markup_of_ours_stays_in_its_cell(text: str) -> None:
    page = Elements(RENDERER.render(table(COLUMNS, [(cell(text.replace("\\", "").replace("`", "").replace("<", "")), "after")])))
    assert page.names.count("td") == 2
    assert page.cells[-1].strip() == "after"
