"""How figures are written: the digits that intervals justify, the unit that a person reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.figure import Figure, Unit, seconds, size, worded, written


@pytest.mark.parametrize(
    ("unit", "number", "text"),
    [
        (Unit.SECONDS, 0.0, "0 s"),
        (Unit.SECONDS, 2.5e-9, "2.5 ns"),
        (Unit.SECONDS, 0.00028, "280 µs"),
        (Unit.SECONDS, 0.783, "783 ms"),
        (Unit.SECONDS, 0.9999, "1000 ms"),
        (Unit.SECONDS, 3.1234, "3.12 s"),
        (Unit.MILLISECONDS, 0.00206, "2.06"),
        (Unit.BYTES, 0.0, "0 MiB"),
        (Unit.BYTES, 3.5 * 2**20, "3.50 MiB"),
        (Unit.BYTES, 1368 * 2**20, "1,368 MiB"),
        (Unit.SHARE, 0.2987, "29.9%"),
        (Unit.RATE, 3.114, "3.11"),
        (Unit.RATE, 2450.2, "2,450"),
        (Unit.COUNT, 1060.0, "1,060"),
        (Unit.JOULES, 0.2163, "0.216 J"),
        (Unit.TRUTH, 1.0, "yes"),
        (Unit.TRUTH, 0.0, "no"),
        (Unit.NUMBER, 0.0001234, "0.000123"),
    ],
)
def test_each_unit(unit: Unit, number: float, text: str) -> None:
    assert written(unit, number) == text


@given(st.floats(1e-9, 1e6))
def test_seconds_keep_three_digits(number: float) -> None:
    value, unit = seconds(number).split(" ")
    factor = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]
    assert float(value) * factor == pytest.approx(number, rel=6e-3)


@given(st.floats(0, 2**50))
def test_sizes_are_in_mib(number: float) -> None:
    assert re.fullmatch(r"[\d,]+(\.\d\d)? MiB", size(number))


def test_the_word_for_an_item_is_the_models() -> None:
    figure = Figure("{items}_per_second", "{items}/s", Unit.RATE).of("sequence")
    assert (figure.name, figure.title) == ("sequences_per_second", "sequences/s")
    assert figure.written(None) == "–"
    assert [worded("{an_item} of {items}", each) for each in ("image", "row")] == ["an image of images", "a row of rows"]
