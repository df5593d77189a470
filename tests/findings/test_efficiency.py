"""Scaling efficiency: exact where turns agree, against the right single rank, and told between frameworks only where intervals tell."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ahead import DISTURBED, TOO_FEW_TURNS, UNDECIDED
from harness.findings.benchmark_json import EFFICIENCIES, tops
from harness.findings.efficiency import Efficiency, Kind, better, efficiencies, in_short, one_rank, relative
from harness.findings.ratio import MIN_TURNS, PROCESS_SPREAD, Answer
from harness.record.case import Precision, Style
from harness.record.measurement import Measurement
from harness.record.round import Round
from tests.findings.ranked_sides import several, single
from tests.findings.sides import FIRST, SECOND

SECONDS = st.floats(0.001, 10.0)
NOISE = st.lists(st.floats(0.8, 1.25), min_size=MIN_TURNS, max_size=8)


def noisy(measurement: Measurement, noise: list[float]) -> Measurement:
    seconds = measurement.rounds[0].seconds
    rounds = tuple(Round(seconds * each, 0.0, 0.0, turn) for turn, each in enumerate(noise))
    return msgspec.structs.replace(measurement, rounds=rounds)


def only(found: list[Efficiency]) -> Efficiency:
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("ranks", "batch_size", "seconds", "kind", "efficiency"),
    [
        (2, 8, 0.5, Kind.STRONG, 1.0),
        (2, 8, 0.8, Kind.STRONG, 0.625),
        (4, 8, 0.5, Kind.STRONG, 0.5),
        (2, 16, 1.0, Kind.WEAK, 1.0),
        (4, 32, 1.25, Kind.WEAK, 0.8),
    ],
)
def test_turns_that_agree_give_it_exactly(ranks: int, batch_size: int, seconds: float, kind: Kind, efficiency: float) -> None:
    found = only(efficiencies([single(FIRST, 1.0), several(FIRST, ranks, seconds, batch_size=batch_size)]))
    assert found.kind is kind
    assert found.value is not None
    assert found.value.estimate == pytest.approx(efficiency)


def test_one_case_may_have_both_kinds() -> None:
    found = efficiencies([single(FIRST, 1.0), single(FIRST, 1.9, batch_size=16), several(FIRST, 2, 1.2, batch_size=16)])
    assert {each.kind: each.one.case.batch_size for each in found} == {Kind.STRONG: 16, Kind.WEAK: 8}


@given(SECONDS, SECONDS, st.integers(2, 16), NOISE, NOISE)
def test_the_interval_holds_the_estimate_and_is_no_narrower_than_two_processes_differ(
    one: float, many: float, ranks: int, ours: list[float], theirs: list[float]
) -> None:
    value = Efficiency(Kind.STRONG, noisy(several(FIRST, ranks, many), ours), noisy(single(FIRST, one), theirs)).value
    assert value is not None
    assert value.low < value.estimate < value.high
    assert value.high / value.estimate >= 1 + PROCESS_SPREAD - 1e-9
    assert value.high / value.estimate == pytest.approx(value.estimate / value.low)


@given(SECONDS, SECONDS, st.integers(2, 16), st.floats(1.01, 4.0), NOISE)
def test_slower_ranks_are_less_efficient(one: float, many: float, ranks: int, slower: float, noise: list[float]) -> None:
    fast, slow = (
        Efficiency(Kind.STRONG, noisy(several(FIRST, ranks, factor * many), noise), single(FIRST, one)).value for factor in (1.0, slower)
    )
    assert fast is not None
    assert slow is not None
    assert slow.estimate == pytest.approx(fast.estimate / slower)


@given(SECONDS, SECONDS, SECONDS, SECONDS, st.integers(2, 8), NOISE)
def test_which_scales_better_is_the_ratio_of_their_efficiencies_and_what_drifts_in_both_cancels(
    ours: float, theirs: float, our_one: float, their_one: float, ranks: int, drift: list[float]
) -> None:
    first = Efficiency(Kind.STRONG, noisy(several(FIRST, ranks, ours), drift), single(FIRST, our_one))
    second = Efficiency(Kind.STRONG, noisy(several(SECOND, ranks, theirs), drift), single(SECOND, their_one))
    found, back = relative(first, second), relative(second, first)
    assert found is not None
    assert back is not None
    assert found.estimate == pytest.approx((our_one / ours / (their_one / theirs)) ** -1)
    assert found.high == pytest.approx(found.low, rel=1e-6)
    assert (found.answer is Answer.FIRST) is (back.answer is Answer.SECOND)


@pytest.mark.parametrize(
    ("seconds", "told", "ahead"),
    [
        ((0.6, 0.8), "PyTorch 1.33× more efficient", FIRST),
        ((0.8, 0.6), "TensorFlow 1.33× more efficient", SECOND),
        ((0.8, 0.805), "within 2%", ""),
    ],
)
def test_the_better_one_is_called(seconds: tuple[float, float], told: str, ahead: str) -> None:
    sides = [side for name, each in zip((FIRST, SECOND), seconds, strict=True) for side in (single(name, 1.0), several(name, 2, each))]
    (found,) = better(efficiencies(sides))
    assert (found.verdict.text, found.verdict.ahead) == (told, ahead)


def test_in_short_it_is_told_of_the_most_ranks_that_have_places_of_their_own_and_a_partner() -> None:
    def sides(name: str, ranks: int, **fields: Any) -> list[Measurement]:
        return [several(name, ranks, 0.8, **fields), several(name, ranks, 0.9, batch_size=8 * ranks, **fields)]

    both = [each for name in (FIRST, SECOND) for each in (single(name, 1.0), *sides(name, 2), *sides(name, 4, cores=2))]
    found = in_short(efficiencies([*both, *sides(FIRST, 8), *sides(FIRST, 2, exchange="synchronized")]))
    assert [(each.kind, each.case.ranks, each.case.exchange) for each in found] == [(Kind.STRONG, 2, None), (Kind.WEAK, 2, None)]
    shared = [each for each in both if each.case.ranks != 2]
    assert [each.case.ranks for each in in_short(efficiencies(shared))] == [4, 4]
    assert in_short(efficiencies([each for each in both if each.case.framework == FIRST])) == []


def test_of_noise_nobody_is_called_better() -> None:
    noise = [1.0, 1.4, 0.7, 1.2]
    sides = [single(FIRST, 1.0), noisy(several(FIRST, 2, 0.6), noise), single(SECOND, 1.0), several(SECOND, 2, 0.6)]
    (found,) = better(efficiencies(sides))
    assert (found.verdict.text, found.verdict.ahead) == (UNDECIDED, "")


def test_another_way_to_exchange_is_told_against_the_same_single_rank() -> None:
    found = only(efficiencies([single(FIRST, 1.0), several(FIRST, 2, 0.5, exchange="synchronized")]))
    assert found.one.case.exchange is None


@pytest.mark.parametrize("other", [{"style": Style.STOCK}, {"precision": Precision.BF16}, {"model": "mlp"}, {"batch_size": 4}])
def test_other_work_has_no_single_rank_here(other: dict[str, Any]) -> None:
    assert efficiencies([single(FIRST, 1.0), several(FIRST, 2, 0.5, **other)]) == []


def test_another_frameworks_single_rank_is_none_of_its_own() -> None:
    assert efficiencies([single(FIRST, 1.0), several(SECOND, 2, 0.5)]) == []


def test_disturbed_ranks_and_too_few_turns_have_none_and_say_so() -> None:
    loud = only(efficiencies([single(FIRST, 1.0), several(FIRST, 2, 0.5, foreign_share=0.5)]))
    few = only(efficiencies([single(FIRST, 1.0), several(FIRST, 2, 0.5, drift=(1.0, 1.1))]))
    assert (loud.value, loud.why_not) == (None, DISTURBED)
    assert (few.value, few.why_not) == (None, TOO_FEW_TURNS)
    told = {each["efficiency"]: each["why_not"] for each in tops([single(FIRST, 1.0), loud.several])[EFFICIENCIES]}
    assert told == {None: DISTURBED}


def test_the_json_has_them_with_their_intervals() -> None:
    (told,) = tops([single(FIRST, 1.0), several(FIRST, 4, 0.5, cores=2)])[EFFICIENCIES]
    assert (told["scaling"], told["shared"], told["case"]["ranks"]) == ("strong", True, 4)
    assert told["efficiency_low"] < told["efficiency"] < told["efficiency_high"]
    assert told["efficiency"] == pytest.approx(0.5)
    assert msgspec.json.encode(told)
    assert EFFICIENCIES not in tops([single(FIRST, 1.0)])


@given(st.integers(1, 64), st.integers(1, 16))
def test_a_weak_single_rank_has_what_each_rank_has(each: int, ranks: int) -> None:
    case = several(FIRST, 2, 1.0).case
    weak = one_rank(msgspec.structs.replace(case, ranks=ranks, batch_size=each * ranks), Kind.WEAK)
    assert (weak.ranks, weak.batch_size, weak.exchange) == (1, each, None)
    assert one_rank(case, Kind.STRONG) == msgspec.structs.replace(case, ranks=1)
