"""How a receipt of equal work reads: checks that hold, and how many of them could hardly have failed."""

from __future__ import annotations

import pytest

from harness.findings.receipt import mark, receipt_of
from harness.record.check import Check, EqualWork
from tests.findings.sides import FIRST, case, side

WEAK = "items hardly differ in the outputs: bring values that do"


def receipt(*weak: str, difference: float = 0.0) -> EqualWork:
    return EqualWork("tensorflow", tuple(Check(f"check {place}", difference, 1.0, "", each) for place, each in enumerate(weak)))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (receipt(""), "1 check holds"),
        (receipt("", ""), "2 checks hold"),
        (receipt("", WEAK, ""), "3 checks hold, 1 weak"),
        (receipt(WEAK, WEAK), "2 checks hold, 2 weak"),
        (receipt(WEAK), "1 check holds, 1 weak"),
        (receipt("", WEAK, difference=2.0), "does not hold"),
        (receipt("", WEAK, difference=float("nan")), "does not hold"),
    ],
)
def test_weak_checks_are_counted(found: EqualWork, said: str) -> None:
    assert mark(found, case(FIRST)) == said


def test_a_format_s_own_checks_are_a_receipt_too() -> None:
    measured = side(case(FIRST, "model_formats"), 1.0, checks=receipt("", WEAK).checks)
    assert mark(receipt_of(measured), measured.case) == "2 checks hold, 1 weak"
