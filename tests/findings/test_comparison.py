"""Comparisons: what stands side by side, in which order, and how it is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import comparisons, heading_of, phase_of, phase_title, title_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import Source
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, side


@pytest.mark.parametrize(
    ("of", "title", "heading"),
    [
        (
            case(FIRST, execution=Execution.PLAIN, precision=Precision.FP32),
            "train step frozen matched plain fp32 bs8",
            "frozen matched plain fp32 bs8",
        ),
        (case(FIRST, "data_pipeline", Style.STOCK, workload=Workload.LOADING), "data pipeline stock bs8", "stock bs8"),
        (
            case(FIRST, "data_pipeline", Style.STRATEGY, workload=Workload.LOADING, strategy="sequential"),
            "data pipeline strategy sequential bs8",
            "strategy sequential bs8",
        ),
        (case(FIRST, "memory", Style.LADDER, rung=Source.TF32), "memory frozen ladder tf32 bs8", "frozen ladder tf32 bs8"),
        (
            case(FIRST, "end_to_end", workload=Workload.INFERENCE, precision=Precision.BF16),
            "end to end inference matched bf16 bs8",
            "inference matched bf16 bs8",
        ),
        (
            case(FIRST, "model_formats", workload=Workload.INFERENCE, model_format="keras", batch_size=1),
            "model formats matched keras bs1",
            "matched keras bs1",
        ),
        (case(FIRST, "of_long_ago"), "of long ago frozen matched bs8", "frozen matched bs8"),
    ],
)
def test_titles_are_those_of_all_runs_so_far(of: Case, title: str, heading: str) -> None:
    assert (title_of(of), heading_of(of)) == (title, heading)


def test_a_heading_leaves_out_what_it_is_told_to() -> None:
    assert heading_of(case(FIRST, execution=Execution.PLAIN), frozenset({"execution", "style"})) == "frozen bs8"


@given(st.permutations([FIRST, SECOND, THIRD, "of_long_ago"]))
def test_the_reference_is_the_first_of_the_listing_in_whatever_order_they_ran(names: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        add_a_third(monkeypatch)
        (found,) = comparisons(side(case(name), 1.0) for name in names)
    assert [each.case.framework for each in found.sides] == [FIRST, SECOND, THIRD, "of_long_ago"]
    assert found.reference is found.side(FIRST)
    assert found.others == found.sides[1:]
    assert found.side("nobody") is None


def test_two_that_are_listed_no_more_have_an_order_too() -> None:
    for names in (["b", "a"], ["a", "b"]):
        (found,) = comparisons(side(case(name), 1.0) for name in names)
        assert [each.case.framework for each in found.sides] == ["a", "b"]


def test_a_case_that_was_measured_twice_is_there_once() -> None:
    (found,) = comparisons([side(case(FIRST), 1.0), side(case(SECOND), 1.0), side(case(FIRST), 2.0)])
    assert [each.rounds[0].seconds for each in found.sides] == [2.0, 1.0]


def test_comparisons_come_in_the_order_of_their_first_sides() -> None:
    measured = [side(case(name, batch_size=size), 1.0) for size, name in ((32, SECOND), (8, FIRST), (32, FIRST))]
    assert [each.title for each in comparisons(measured)] == ["train step frozen matched bs32", "train step frozen matched bs8"]


def test_a_phase_that_is_no_more_has_a_title() -> None:
    assert phase_of(case(FIRST, "of_long_ago")) is None
    assert (phase_title("of_long_ago"), phase_title("end_to_end")) == ("Of long ago", "End to end")
