"""Where time that is left goes: into the comparison whose interval it narrows most, and into none that it does not help."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.findings.ahead import answer
from harness.findings.comparison import comparisons, title_of
from harness.findings.outlook import outlook
from harness.findings.ratio import Answer
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.pace.second_visits import LEAST_SECONDS, NARROWED, is_open, next_visit
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, side

STEP_SECONDS = 0.05
PLENTY = 1000.0


def compared(
    spread: float, turns: int, seconds: float = STEP_SECONDS, factor: float = 1.0, phase: str = "train_step", size: int = 8
) -> list[Measurement]:
    """Two sides; turns of the second are off the first's by a factor, and alternately by the spread more and less."""
    first = tuple(Round(seconds, seconds, 0.0, turn) for turn in range(turns))
    second = tuple(Round(seconds * factor * math.exp(spread * (-1) ** turn), seconds, 0.0, turn) for turn in range(turns))
    return [side(case(name, phase, batch_size=size), 1.0, rounds=rounds) for name, rounds in ((FIRST, first), (SECOND, second))]


def by_case(*found: list[Measurement]) -> dict[object, Measurement]:
    return {each.case: each for sides in found for each in sides}


def test_the_undecided_one_is_visited_until_it_is_expected_to_be_decided() -> None:
    undecided = compared(spread=0.1, turns=8)
    visit = next_visit(by_case(compared(0.001, 8, factor=2.0, size=16), undecided), PLENTY)  # type: ignore[arg-type]
    assert visit is not None
    assert visit.cases == [each.case for each in undecided]
    assert visit.comparison.title == title_of(undecided[0].case)
    found = outlook(*undecided)
    assert found is not None
    assert visit.seconds == pytest.approx(1.5 * found.seconds_to_answer)
    assert visit.seconds > LEAST_SECONDS


def test_what_needs_little_is_visited_too() -> None:
    """It ends once it is decided; less than a few seconds is not worth beginning again, but to decide it is."""
    undecided = compared(spread=0.03, turns=8, seconds=0.001)
    found = outlook(*undecided)
    assert found is not None
    assert answer(*undecided) is Answer.OPEN
    assert 0.0 < 1.5 * found.seconds_to_answer < LEAST_SECONDS
    visit = next_visit(by_case(undecided), PLENTY)  # type: ignore[arg-type]
    assert visit is not None
    assert visit.seconds == LEAST_SECONDS


@given(st.lists(st.tuples(st.floats(0.05, 0.5), st.integers(5, 40), st.floats(0.01, 2.0)), min_size=1, max_size=5), st.floats(1.0, 200.0))
def test_time_goes_where_it_narrows_most(drawn: list[tuple[float, int, float]], left_seconds: float) -> None:
    found = [compared(spread, turns, seconds, size=2**place) for place, (spread, turns, seconds) in enumerate(drawn)]
    visit = next_visit(by_case(*found), left_seconds)  # type: ignore[arg-type]
    alone = [next_visit(by_case(sides), left_seconds) for sides in found]  # type: ignore[arg-type]
    helped = [each for each in alone if each is not None]
    if visit is None:
        assert helped == []
    else:
        assert visit.narrowed == min(each.narrowed for each in helped) <= NARROWED
        assert LEAST_SECONDS <= visit.seconds <= left_seconds


def test_none_where_nothing_is_undecided() -> None:
    decided = compared(0.001, 8, factor=2.0)
    within = compared(0.0001, 40, size=16)
    assert [answer(*each) for each in (decided, within)] == [Answer.FIRST, Answer.NEITHER]
    assert next_visit(by_case(decided, within), PLENTY) is None  # type: ignore[arg-type]


def test_none_where_there_is_no_time_to_begin_it_again() -> None:
    undecided = compared(spread=0.1, turns=8)
    beginning = sum(each.cold_start.build_seconds + each.cold_start.warm_up_seconds for each in undecided if each.cold_start)
    assert next_visit(by_case(undecided), beginning + LEAST_SECONDS - 0.1) is None  # type: ignore[arg-type]
    assert next_visit(by_case(undecided), beginning + LEAST_SECONDS + 0.1) is not None  # type: ignore[arg-type]


def test_none_where_it_would_hardly_narrow_anything() -> None:
    long_since = compared(spread=0.5, turns=400, seconds=1.0)
    assert is_open(comparisons(long_since)[0])
    assert next_visit(by_case(long_since), 20.0) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("why", ["failed", "disturbed", "alone", "too few turns", "not in turns"])
def test_what_further_turns_cannot_decide_is_not_visited(why: str) -> None:
    reference, other = compared(spread=0.1, turns=8, phase="memory" if why == "not in turns" else "train_step")
    sides = {
        "failed": [reference, replace(other, outcome=Outcome.CRASHED)],
        "disturbed": [reference, replace(other, rounds=tuple(replace(each, foreign_cpu_share=0.5) for each in other.rounds))],
        "alone": [reference],
        "too few turns": [replace(each, rounds=each.rounds[:2]) for each in (reference, other)],
        "not in turns": [reference, other],
    }[why]
    assert not is_open(comparisons(sides)[0])
    assert next_visit(by_case(sides), PLENTY) is None  # type: ignore[arg-type]


def test_of_three_sides_one_that_is_undecided_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    reference, second = compared(0.001, 8, factor=2.0)
    _, third = compared(0.1, 8)
    visit = next_visit(by_case([reference, second, replace(third, case=case(THIRD))]), PLENTY)  # type: ignore[arg-type]
    assert visit is not None
    assert [each.framework for each in visit.cases] == [FIRST, SECOND, THIRD]


def test_what_is_expected_of_it_comes_true() -> None:
    """Turns of normal noise: after as long as the outlook says an interval is about as wide as it says."""
    generator = random.Random(20261130)
    widths = []
    for _ in range(40):
        noise = [generator.gauss(0.0, 0.1) for _ in range(60)]
        sides = compared(0.0, 60)
        rounds = tuple(replace(each, seconds=STEP_SECONDS * math.exp(by)) for each, by in zip(sides[1].rounds, noise, strict=True))
        whole = [sides[0], replace(sides[1], rounds=rounds)]
        part = [replace(each, rounds=each.rounds[:15]) for each in whole]
        before, after = outlook(*part), outlook(*whole)
        assert before is not None
        assert after is not None
        widths.append(after.half_width(0.0) / before.half_width(45 * before.turn_seconds))
    assert 0.85 < sum(widths) / len(widths) < 1.15
