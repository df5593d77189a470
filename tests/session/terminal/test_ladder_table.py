"""The table of a ladder: columns for each other side, and bars to the left or right of 1."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ladder import ladders
from harness.record.case import Style
from harness.record.fairness import Source
from harness.record.measurement import Measurement
from harness.session.terminal.ladder_table import bar, ladder_table
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, side
from tests.session.terminal.printed import printed, row


def rung(style: Style, source: Source | None = None, **seconds: float) -> list[Measurement]:
    return [side(case(name, style=style, rung=source), each) for name, each in seconds.items()]


def table(measurements: list[Measurement]) -> str:
    (found,) = ladders(measurements)
    return printed(ladder_table(found))


@given(st.floats(0.05, 20.0), st.floats(1.0, 5.0))
def test_a_bar_is_on_its_side_and_within_its_width(ratio: float, largest: float) -> None:
    left, _, right = bar(ratio, max(largest, abs(math.log(ratio)))).partition("│")
    assert len(left) == len(right) == 12
    assert not (left.strip() if ratio >= 1 else right.strip())


def test_a_row_a_rung() -> None:
    text = table(rung(Style.STOCK, **{FIRST: 3.0, SECOND: 1.0}) + rung(Style.LADDER, Source.LAYOUT, **{FIRST: 1.5, SECOND: 1.0}))
    assert text.startswith("Why, train step: PyTorch / TensorFlow from stock to matched, one source of unfairness neutralised a rung")
    assert row(text, "rung") == ["rung", "PyTorch", "TensorFlow", "ratio", "95% interval", "worth", "below 1 │ above 1", "habits → neutral"]
    assert row(text, "stock") == ["stock", "3.06 s", "1.02 s", "3.00", "one run", "│████████████", "each framework's habits"]
    assert row(text, "layout")[:6] == ["layout", "1.53 s", "1.02 s", "1.50", "one run", "× 0.50"]
    assert row(text, "layout")[-1] == "NCHW | NHWC → NHWC"


def test_a_rung_that_a_side_lacks_says_so() -> None:
    text = table(rung(Style.STOCK, **{FIRST: 3.0, SECOND: 1.0}) + rung(Style.LADDER, Source.LAYOUT, **{FIRST: 1.5}))
    assert row(text, "layout") == ["layout", "1.53 s", "not measured", "not measured", "NCHW | NHWC → NHWC"]


def test_one_side_has_values_alone() -> None:
    text = table(rung(Style.STOCK, **{FIRST: 3.0}) + rung(Style.LADDER, Source.LAYOUT, **{FIRST: 1.5}))
    assert row(text, "rung") == ["rung", "PyTorch", "habits → neutral"]
    assert row(text, "stock") == ["stock", "3.06 s", "each framework's habits"]


def test_three_sides_have_two_ratios_each(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    text = table(
        rung(Style.STOCK, **{FIRST: 3.0, SECOND: 1.0, THIRD: 2.0})
        + rung(Style.LADDER, Source.LAYOUT, **{FIRST: 1.0, SECOND: 1.0, THIRD: 4.0})
    )
    assert [cell for cell in row(text, "rung") if "/" in cell] == ["PyTorch / TensorFlow", "PyTorch / Third"]
    assert row(text, "layout")[:7] == ["layout", "1.02 s", "1.02 s", "4.08 s", "1.00", "one run", "× 0.33"]
    assert "0.25" in row(text, "layout")
    assert "× 0.17" in row(text, "layout")
    assert "…" not in text
