"""A comparison in a line: each side's first figure, who is ahead, and why a side has none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ahead import verdict
from harness.record.case import Style
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.terminal.row import LONGEST, row
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, side


def failed(framework: str, detail: str, outcome: Outcome = Outcome.CRASHED) -> Measurement:
    return Measurement(case=case(framework), outcome=outcome, detail=detail)


@given(st.floats(0.01, 10.0), st.floats(0.01, 10.0))
def test_it_says_what_the_table_says(first_seconds: float, second_seconds: float) -> None:
    sides = [side(case(name), seconds) for name, seconds in ((FIRST, first_seconds), (SECOND, second_seconds))]
    told = verdict(*sides)
    text = row(sides)
    assert text.startswith("train step frozen matched bs8: PyTorch ")
    assert text.count(" images/s; ") == 2
    assert text.endswith(f"; {told.text} ({told.ratio}, {told.interval})")


def test_one_side_is_ahead_of_nobody() -> None:
    text = row([side(case(FIRST), 1.0)])
    assert text == "train step frozen matched bs8: PyTorch 7.84 images/s"


def test_a_side_without_a_number_says_why_behind_those_that_have_one() -> None:
    text = row([failed(FIRST, "it died\n  in two lines"), side(case(SECOND), 1.0)])
    assert text == "train step frozen matched bs8: TensorFlow 7.84 images/s; PyTorch crashed: it died in two lines"


def test_where_no_side_has_a_number_both_say_why() -> None:
    text = row([failed(name, "no room", Outcome.OUT_OF_MEMORY) for name in (FIRST, SECOND)])
    assert text == "train step frozen matched bs8: PyTorch out_of_memory: no room; TensorFlow out_of_memory: no room"


def test_a_long_reason_is_cut_and_it_is_one_line() -> None:
    text = row([failed(FIRST, "why " * 200)])
    assert "\n" not in text
    assert text.endswith("…")
    assert len(text.partition("crashed: ")[2]) == LONGEST


def test_each_other_side_is_compared_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    sides = [side(case(name, style=Style.STOCK), seconds) for name, seconds in ((FIRST, 1.0), (SECOND, 2.0), (THIRD, 0.5))]
    text = row(sides)
    assert text.startswith("train step frozen stock bs8: PyTorch 7.84 images/s; TensorFlow 3.92 images/s; Third ")
    assert [each.partition(" (")[0] for each in text.split("; ")[3:]] == ["PyTorch 2.00× faster", "Third 2.00× faster"]
    assert [each.partition(" (")[2].partition(",")[0] for each in text.split("; ")[3:]] == ["0.50", "2.00"]
