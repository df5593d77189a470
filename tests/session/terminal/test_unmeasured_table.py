"""The table of what was not measured: a line each, however long the reason is, and where the whole of it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from rich.cells import cell_len

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.terminal.summary import contents
from harness.session.terminal.unmeasured_table import LONGEST_REASON, WHOLE, unmeasured_table
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.findings.sides import FIRST, SECOND, case
from tests.session.terminal.printed import printed, side_by_side

ABOVE = 4  # lines: the title, a blank one, the columns' names and a rule


def failed(framework: str, detail: str) -> Measurement:
    return Measurement(case=case(framework), outcome=Outcome.ERROR, detail=detail)


@given(TEXTS, TEXTS)
def test_a_line_each_whatever_the_reason(first: str, second: str) -> None:
    text = printed(unmeasured_table([failed(FIRST, first), failed(SECOND, second)]))
    lines = [line for line in text.split("\n")[ABOVE:] if line.strip()]
    assert [line.split()[:7] for line in lines] == [
        ["train", "step", "frozen", "matched", "bs8", name, "error"] for name in ("PyTorch", "TensorFlow")
    ]
    assert harmful_characters(text) == set()
    assert max(len(line.partition("error")[2].strip()) for line in lines) <= LONGEST_REASON


@pytest.mark.parametrize(
    ("detail", "is_cut"),
    [
        ("it died", False),
        ("in\ntwo lines", False),
        ("x" * LONGEST_REASON, False),
        ("x" * (LONGEST_REASON + 1), True),
        ("\n".join(["a line"] * 30), True),
        ("\x1b" * 30, True),
    ],
)
def test_where_the_whole_is_stands_below_where_there_is_more(detail: str, is_cut: bool) -> None:
    said = list(contents([failed(FIRST, detail)]))
    assert (WHOLE in said) is is_cut
    assert ("…" in side_by_side([failed(FIRST, detail)])) is is_cut


@given(TEXTS)
def test_a_narrow_terminal_has_it_in_a_block(detail: str) -> None:
    text = printed(unmeasured_table([failed(FIRST, detail)]), columns=40)
    assert "outcome:" in text
    assert max(map(cell_len, text.splitlines())) <= 40
