"""Text in the site's pages: what a script is given reads as what the pages have, and says no less."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from harness.record.text import visible, visible_lines
from history.report.notes import Kind
from history.report.page_text import LONGEST, in_short, shown, shown_json
from history.report.storage import load
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights

STORED = TEXTS.map(lambda text: text.encode("utf-8", "replace").decode())  # a JSON file has no half of a pair
VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False) | STORED
CONTENT = st.recursive(VALUES, lambda held: st.lists(held) | st.dictionaries(STORED, held), max_leaves=10)


def as_shown(content: object) -> object:
    match content:
        case str():
            return "".join(each if each in "\n\t" else visible(each) for each in content)
        case list():
            return [as_shown(each) for each in content]
        case dict():
            return {as_shown(name): as_shown(each) for name, each in content.items()}
    return content


@given(CONTENT)
def test_a_script_is_given_the_same_as_text_that_does_nothing(content: object) -> None:
    found = shown_json(msgspec.json.encode(content).decode())
    assert json.loads(found) == as_shown(content)
    assert harmful_characters(found) == set()


@given(TEXTS)
def test_a_template_s_text_keeps_its_lines(text: str) -> None:
    assert shown(text) == visible_lines(text)
    assert shown(Markup(text)) == text
    assert shown(3) == 3


@given(TEXTS)
def test_a_cell_is_in_short_where_it_is_long_or_has_lines(text: str) -> None:
    short = in_short(text)
    assert "\n" not in short
    assert len(short) <= LONGEST
    assert bool(short) or len(visible_lines(text).strip().splitlines()) <= 1


def test_a_file_whose_name_is_no_text_is_left_out_and_named(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    Nights(Machine(nights=2, rounds=4, cases=many_cases(1))).write(storage)
    newest = sorted(storage.rglob("*.json"))[-1]
    newest.rename(newest.with_name(os.fsdecode(b"0002_\xff.json")))
    found = load(storage, tmp_path / "cache")
    assert len(found.nights) == 1
    assert [(note.kind, note.text) for note in found.notes] == [(Kind.UNREADABLE, "its name is not UTF-8: rename it.")]
    assert found.notes[0].source.endswith(r"0002_\udcff.json")
