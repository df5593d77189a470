"""Tables in a log, on a wide terminal and on a narrow one; and text from elsewhere in them, which is text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.findings.outputs.sheet import LONGEST, Sheet
from harness.findings.outputs.terminal import Terminal
from harness.record.text import clipped, visible
from tests.findings.outputs.from_elsewhere import HARMFUL, TEXTS, harmful_characters

NAMES = ("case", "figure", "PyTorch", "TensorFlow", "result")
ROWS = (
    ("train step frozen matched plain fp32 bs8", "images/s", "13.2", "13.4", "undecided"),
    ("", "step", "604 ms", "598 ms", ""),
    ("train step frozen stock bs8", "images/s", "11.7", "16.6", "TensorFlow 1.42× faster"),
)
ABOVE = 4  # lines: the title, a blank one, the columns' names and a rule


def sheet(rows: tuple[tuple[str, ...], ...] = ROWS, title: str = "Train step", wrapped: str = "") -> Sheet:
    found = Sheet(title)
    for name in NAMES:
        found.add_column(name, no_wrap=name != wrapped)
    for row in rows:
        found.add_row(*row)
    return found


def printed(of: Sheet, columns: int | None) -> str:
    file = io.StringIO()
    Terminal(file, columns).table(of)
    return file.getvalue()


@pytest.mark.parametrize("columns", [None, 120, 500])
def test_a_log_and_a_wide_terminal_have_a_line_a_row(columns: int | None) -> None:
    lines = printed(sheet(), columns).splitlines()
    for row in ROWS:
        assert any(all(cell in line for cell in row) for line in lines)
    assert "…" not in "".join(lines)


def test_the_environment_makes_no_log_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = printed(sheet(), None)
    for name, value in (("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("TERM", "dumb"), ("TTY_COMPATIBLE", "1")):
        monkeypatch.setenv(name, value)
    file = io.StringIO()
    Terminal.of(file).table(sheet())
    assert [line for line in ROWS if not any(all(cell in each for cell in line) for each in file.getvalue().splitlines())] == []
    assert max(map(len, wide.splitlines())) > 40


def test_a_terminal_is_asked_for_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnATerminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    file = OnATerminal()
    Terminal.of(file).table(sheet())
    assert "figure:" in file.getvalue()


def test_a_narrow_terminal_has_a_block_a_case() -> None:
    text = printed(sheet(), 60)
    assert [line.split() for line in text.splitlines()] == [
        ["Train", "step"],
        [],
        ["case:", *ROWS[0][0].split()],
        ["figure:", "images/s"],
        ["PyTorch:", "13.2"],
        ["TensorFlow:", "13.4"],
        ["result:", "undecided"],
        ["figure:", "step"],
        ["PyTorch:", "604", "ms"],
        ["TensorFlow:", "598", "ms"],
        [],
        ["case:", *ROWS[2][0].split()],
        ["figure:", "images/s"],
        ["PyTorch:", "11.7"],
        ["TensorFlow:", "16.6"],
        ["result:", "TensorFlow", "1.42×", "faster"],
        [],
    ]


def test_a_column_of_prose_takes_several_lines_before_a_table_becomes_blocks() -> None:
    of = sheet(((*ROWS[0][:4], "a reason that is as long as a sentence mostly is, and this is one"),), wrapped="result")
    text = printed(of, 124)
    assert "figure:" not in text
    assert max(map(len, text.splitlines())) <= 124
    assert "figure:" in printed(of, 100)


def test_two_columns_of_one_name_are_both_told_in_a_block() -> None:
    found = Sheet("Scaling")
    for name in ("workers", "speed-up", "limit", "speed-up"):
        found.add_column(name, no_wrap=True)
    found.add_row("4", "3.21", "900", "1.75")
    text = printed(found, 24)
    assert "3.21" in text
    assert "1.75" in text


@given(st.integers(24, 300), st.lists(st.tuples(*[TEXTS] * len(NAMES)), min_size=1, max_size=3), TEXTS)
def test_no_line_is_wider_than_the_terminal_and_nothing_in_it_does_anything(columns: int, rows: list[tuple[str, ...]], title: str) -> None:
    text = printed(sheet(tuple(rows), title), columns)
    assert harmful_characters(text) == set()
    assert [line for line in text.split("\n") if cell_len(line) > columns] == []


@pytest.mark.parametrize("columns", [None, 60])
@pytest.mark.parametrize("is_coloured", [False, True])
def test_no_line_ends_with_blanks(columns: int | None, is_coloured: bool) -> None:
    file = io.StringIO()
    of = sheet()
    of.add_row("a", "b", "c", "d", "", style="red")
    Terminal(file, columns, is_coloured).table(of)
    lines = [line.removesuffix("\x1b[0m") for line in file.getvalue().split("\n")]
    assert [line for line in lines if line.rstrip() != line] == []
    assert ("\x1b[31m" in file.getvalue()) is is_coloured


@given(st.lists(st.tuples(*[TEXTS] * len(NAMES)), min_size=1, max_size=3))
def test_a_log_has_each_cell_whole_in_the_line_of_its_row(rows: list[tuple[str, ...]]) -> None:
    lines = printed(sheet(tuple(rows)), None).split("\n")[ABOVE : ABOVE + len(rows)]
    for row, line in zip(rows, lines, strict=True):
        place = 0
        for cell in row:
            place = line.index(clipped(cell, LONGEST).rstrip(), place)
    assert harmful_characters("".join(lines)) == set()


@pytest.mark.parametrize("text", HARMFUL)
def test_a_sentence_is_text_too(text: str) -> None:
    file = io.StringIO()
    Terminal(file, 40).line(text)
    assert file.getvalue() == visible(text) + "\n"


def test_colours_are_ours_alone() -> None:
    file = io.StringIO()
    Terminal(file, 200, is_coloured=True).line("\x1b[31m[red]a[/red]", "green")
    assert file.getvalue() == "\x1b[32m\\x1b[31m[red]a[/red]\x1b[0m\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_encoding_has_no_letter_for_is_an_escape(encoding: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    Terminal(file, None).table(sheet((("名前 → ×", "a", "b", "c", "d"),)))
    Terminal(file, None).line("base → head")
    file.flush()
    found = raw.getvalue().decode(encoding)
    assert ("base → head" if encoding == "utf-8" else r"base \u2192 head") in found
