"""Who is ahead: said of a clear difference, and of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ahead import (
    DISTURBED,
    NO_DIFFERENCE,
    NO_METER,
    NO_OTHER_SIDE,
    TOO_FEW_TURNS,
    UNDECIDED,
    WITHIN,
    Verdict,
    answer,
    called,
    called_difference,
    verdict,
    verdicts,
)
from harness.findings.comparison import Comparison, comparisons
from harness.findings.difference import Difference
from harness.findings.ratio import Answer, Ratio
from harness.record.measurement import Measurement
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, readings, side

SIDES = (FIRST, SECOND)


def compared(*measurements: Measurement) -> Comparison:
    (found,) = comparisons(measurements)
    return found


def test_the_faster_one_is_ahead() -> None:
    assert verdict(side(case(FIRST), 1.0), side(case(SECOND), 2.0)) == Verdict(
        "PyTorch 2.00× faster", FIRST, SECOND, "0.50", "one run", FIRST
    )
    assert verdict(side(case(FIRST), 3.0), side(case(SECOND), 2.0)).ahead == SECOND


def test_the_reference_has_a_verdict_against_each_other_side(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    found = verdicts(compared(side(case(THIRD), 1.0), side(case(SECOND), 4.0), side(case(FIRST), 2.0)))
    assert [(each.other, each.text) for each in found] == [(SECOND, "PyTorch 2.00× faster"), (THIRD, "Third 2.00× faster")]


def test_one_side_has_no_other() -> None:
    assert verdicts(compared(side(case(FIRST), 1.0))) == [Verdict(NO_OTHER_SIDE, reference=FIRST)]


def test_memory_is_lighter_and_the_largest_batch_larger() -> None:
    ours, theirs = (
        side(case(name, "memory"), 1.0, readings=readings(host_anonymous_bytes=size)) for name, size in ((FIRST, 3), (SECOND, 2))
    )
    assert verdict(ours, theirs) == Verdict("TensorFlow 1.50× lighter", SECOND, SECOND, "1.50", "one run", FIRST)
    ours, theirs = (
        side(case(name, "largest_batch"), 1.0, figures={"largest_batch_size": size}) for name, size in ((FIRST, 300.0), (SECOND, 200.0))
    )
    assert verdict(ours, theirs) == Verdict("PyTorch 1.50× larger", FIRST, SECOND, "0.67", "one run", FIRST)


def test_memory_that_no_meter_told_both_is_not_compared() -> None:
    ours, theirs = side(case(FIRST, "memory"), 1.0, readings=readings(host_anonymous_bytes=3)), side(case(SECOND, "memory"), 1.0)
    assert verdict(ours, theirs) == Verdict(NO_METER, other=SECOND, reference=FIRST)


def test_what_was_disturbed_or_too_short_names_nobody() -> None:
    loud = side(case(FIRST), 1.0, foreign_share=0.5)
    assert verdict(loud, side(case(SECOND), 2.0)) == Verdict(DISTURBED, other=SECOND, reference=FIRST)
    short = [side(case(name), 1.0, rounds=side(case(name), 1.0).rounds[:2]) for name in SIDES]
    assert verdict(*short) == Verdict(TOO_FEW_TURNS, other=SECOND, reference=FIRST)


def test_in_a_disturbed_one_the_ratio_of_the_sound_turns_is_still_shown() -> None:
    assert called(Ratio(0.5, 0.4, 0.6), SIDES, "faster", disturbed=True) == Verdict(
        DISTURBED, other=SECOND, ratio="0.50", interval="0.40 – 0.60", reference=FIRST
    )


@given(st.floats(0.1, 10.0), st.floats(1.0, 2.0), st.booleans())
def test_somebody_is_ahead_only_where_the_interval_shows_it(estimate: float, reach: float, disturbed: bool) -> None:
    found = Ratio(estimate, estimate / reach, estimate * reach)
    told = called(found, SIDES, "faster", disturbed)
    assert bool(told.ahead) is (found.shows_difference and not disturbed)
    assert told.ahead in ("", FIRST if estimate < 1 else SECOND)
    assert (told.text == DISTURBED) is disturbed
    assert (told.text == WITHIN) is (found.answer is Answer.NEITHER and not disturbed)
    assert (told.text == UNDECIDED) is (found.answer is Answer.OPEN and not disturbed)


def test_within_two_per_cent_is_an_answer_and_undecided_is_none() -> None:
    assert called(Ratio(1.0, 0.99, 1.01), SIDES, "faster", disturbed=False) == Verdict(
        "within 2%", other=SECOND, ratio="1.00", interval="0.99 – 1.01", reference=FIRST
    )
    assert called(Ratio(1.2, 0.9, 1.5), SIDES, "faster", disturbed=False).text == "undecided"


def test_a_session_is_answered_by_what_a_verdict_would_say() -> None:
    fast, slow = side(case(FIRST), 1.0), side(case(SECOND), 2.0)
    assert answer(fast, slow) is Answer.FIRST
    assert answer(slow, fast) is Answer.SECOND
    assert answer(fast, side(case(SECOND), 1.001)) is Answer.NEITHER
    assert answer(fast, side(case(SECOND), 2.0, foreign_share=0.5)) is Answer.OPEN
    assert answer(*(side(each.case, 1.0, rounds=each.rounds[:2]) for each in (fast, slow))) is Answer.OPEN


@given(st.floats(-1.0, 1.0), st.floats(0.0, 1.0), st.booleans())
def test_of_a_difference_too(estimate: float, reach: float, lower_is_better: bool) -> None:
    found = Difference(estimate, estimate - reach, estimate + reach)
    told = called_difference(found, SIDES, lower_is_better, "better", ".3f")
    better = FIRST if (estimate < 0) is lower_is_better else SECOND
    assert told.ahead == (better if found.low > 0 or found.high < 0 else "")
    assert told.ahead or told.text == NO_DIFFERENCE
    assert (told.other, told.ratio) == (SECOND, f"{estimate:+.3f}")


def test_who_is_listed_no_more_is_called_by_its_name() -> None:
    assert verdict(side(case("gone"), 1.0), side(case("lost"), 2.0)).text == "gone 2.00× faster"
