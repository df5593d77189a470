"""Text from elsewhere, made visible: nothing in it does anything, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.text import clipped, is_cut, is_text, shortened, visible, visible_lines
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters


@given(TEXTS)
def test_it_is_one_line_without_a_character_that_does_something(text: str) -> None:
    found = visible(text)
    assert harmful_characters(found) == set()
    assert len(found.splitlines()) <= 1
    found.encode("utf-8")


@given(st.text(st.sampled_from("abc ßλ名🎉|`<[-\\\"'")))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202eabc", r"\u202eabc"),
        ("a\x00b", r"a\x00b"),
        ("\ud800", r"\ud800"),
        ("a\nb\tc\u2028d\xa0e", "a b c d e"),
        ("\u3164\u2800", r"\u3164\u2800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_does_something_is_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(TEXTS)
def test_lines_stay_lines(text: str) -> None:
    assert [visible(line.expandtabs(4)) for line in text.splitlines()] == visible_lines(text).split("\n") or not text.splitlines()
    assert harmful_characters(visible_lines(text)) == set()


@given(TEXTS, st.integers(10, 200))
def test_what_is_longer_is_cut(text: str, longest: int) -> None:
    whole = visible(" ".join(text.split()))
    for found in (shortened(text, longest), clipped(text, longest)):
        assert len(found) <= longest
        assert harmful_characters(found) == set()
    assert is_cut(text, longest) is (shortened(text, longest) != whole)


def test_a_name_keeps_both_ends_and_an_error_its_beginning() -> None:
    assert clipped("test_train_step[pytorch-matched-eager-fp32-frozen-bs8]", 30) == "test_train_step[pyt…rozen-bs8]"
    assert shortened("RuntimeError: out of\n   memory, and more", 30) == "RuntimeError: out of memory, …"


def test_a_name_that_is_no_text_is_known() -> None:
    assert is_text("名前 🎉")
    assert not is_text("run-\udcff.json")
