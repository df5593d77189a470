"""What an exchange costs: exact where the turns agree, in order of what the step waits, and nothing from too few turns."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.benchmark_json import extra_info
from harness.findings.exchange import ALL_HIDDEN, DERIVED, DISTURBED, TOO_FEW_TURNS, exchange, exchange_words, with_figures
from harness.findings.figures import figures, shown, words
from harness.findings.ratio import MIN_TURNS
from harness.findings.watched import watched
from harness.record.measurement import ALONE, EXCHANGE, Measurement, of_rank, rank_of
from harness.record.round import Round
from tests.findings.ranked_sides import GRADIENT_BYTES, RANK_BYTES, several, single
from tests.findings.sides import FIRST, side

SECONDS = st.floats(0.001, 10.0)
DRIFTS = st.lists(st.floats(0.5, 2.0), min_size=MIN_TURNS, max_size=8)
TURN = st.tuples(SECONDS, SECONDS, SECONDS)  # the step, the same without exchange, the exchange alone


def measured(turns: list[tuple[float, float, float]], steps: int = 1) -> Measurement:
    together, without, alone = (tuple(Round(steps * turn[way], 0.0, 0.0, place) for place, turn in enumerate(turns)) for way in range(3))
    fields = {"rounds": together, "references": {ALONE: without, EXCHANGE: alone}, "steps_per_round": steps}
    return several(FIRST, 2, 1.0, fields=fields)


@pytest.mark.parametrize(
    ("step", "without", "alone", "share", "hidden", "seen"),
    [
        (1.0, 0.8, 0.2, 0.2, 0.0, 1.0),
        (1.0, 0.8, 0.4, 0.2, 0.5, 2.0),
        (1.0, 0.6, 0.2, 0.4, -1.0, 0.5),
        (1.0, 1.0, 0.2, 0.0, 1.0, None),
        (1.0, 1.1, 0.2, -0.1, 1.5, None),
    ],
)
def test_turns_that_agree_give_it_exactly(
    step: float, without: float, alone: float, share: float, hidden: float, seen: float | None
) -> None:
    found = exchange(several(FIRST, 2, step, without, alone))
    assert found is not None
    assert found.exposed_share.estimate == pytest.approx(share, abs=1e-9)
    assert (found.hidden_share.low, found.hidden_share.high) == pytest.approx((hidden, hidden), abs=1e-9)
    assert found.exposed_seconds.estimate == pytest.approx(1.02 * (step - without), abs=1e-9)  # the turns' mean drift
    if seen is None:
        assert found.step_bandwidth is None or found.step_bandwidth.estimate > 1e9
    else:
        assert found.step_bandwidth is not None
        assert found.step_bandwidth.estimate == pytest.approx(seen)


@given(SECONDS, SECONDS, SECONDS, st.floats(1.0, 5.0), DRIFTS)
def test_the_longer_a_step_the_more_it_waits_and_the_less_is_hidden(
    step: float, without: float, alone: float, longer: float, drift: list[float]
) -> None:
    before, after = (exchange(several(FIRST, 2, factor * step, without, alone, drift)) for factor in (1.0, longer))
    assert before is not None
    assert after is not None
    assert after.exposed_share.estimate >= before.exposed_share.estimate - 1e-9
    assert after.hidden_share.estimate <= before.hidden_share.estimate + 1e-9


@given(st.lists(TURN, max_size=8), st.integers(1, 32))
def test_whatever_was_measured_it_is_told_within_its_interval_or_not_at_all(turns: list[tuple[float, float, float]], steps: int) -> None:
    measurement = measured(turns, steps)
    found = exchange(measurement)
    assert (found is None) is (len(turns) < MIN_TURNS)
    noted = with_figures(measurement)
    if found is None:
        assert noted.missing == dict.fromkeys(DERIVED, DISTURBED if measurement.disturbed else TOO_FEW_TURNS)
        assert not noted.figures.keys() & set(DERIVED)
        return
    for each in (found.exposed_seconds, found.exposed_share, found.hidden_share):
        assert each.low <= each.estimate <= each.high
    assert found.exposed_share.estimate <= 1
    assert found.is_hiding_told is not (found.hidden_share.low <= 0 and found.hidden_share.high >= 1)
    assert (found.step_bandwidth is None) is (found.hidden_share.high >= 1)
    if found.step_bandwidth is not None:
        assert 0 < found.step_bandwidth.low <= found.step_bandwidth.estimate <= found.step_bandwidth.high
    assert noted.figures["exposed_exchange_share"] == found.exposed_share.estimate
    assert set(noted.missing) | (set(noted.figures) & set(DERIVED)) == set(DERIVED)
    assert not set(noted.missing) & set(noted.figures)


@pytest.mark.parametrize("which", ["rounds", ALONE, EXCHANGE])
def test_what_was_disturbed_in_most_turns_is_not_told(which: str) -> None:
    measurement = several(FIRST, 2, 1.0)
    loud = tuple(msgspec.structs.replace(each, foreign_cpu_share=0.5) for each in measurement.rounds)
    changed = {"rounds": loud} if which == "rounds" else {"references": measurement.references | {which: loud}}
    noted = with_figures(msgspec.structs.replace(measurement, **changed))
    assert noted.missing == dict.fromkeys(DERIVED, DISTURBED)
    assert [row.text for row in shown(noted) if set(row.names) & set(DERIVED)] == ["not called: disturbed"]


def test_turns_that_one_of_the_three_lacks_are_in_none() -> None:
    measurement = several(FIRST, 2, 1.0)
    odd = (Round(99.0, 0.0, 0.0, 77), *measurement.references[EXCHANGE])
    also = msgspec.structs.replace(measurement, references=measurement.references | {EXCHANGE: odd})
    assert exchange(also) == exchange(measurement)


def test_more_turns_take_the_reason_for_none_away() -> None:
    too_few = with_figures(several(FIRST, 2, 1.0, drift=(1.0, 1.1)))
    assert too_few.missing["exposed_exchange_share"] == TOO_FEW_TURNS
    more = several(FIRST, 2, 1.0, 0.5, 0.5)
    noted = with_figures(msgspec.structs.replace(too_few, rounds=more.rounds, references=more.references))
    assert noted.missing == {}
    assert noted.figures["exposed_exchange_share"] == pytest.approx(0.5)


@pytest.mark.parametrize(("ranks", "factor"), [(2, 1.0), (4, 1.5), (8, 1.75)])
def test_bandwidth_is_what_each_link_carries(ranks: int, factor: float) -> None:
    """As nccl-tests count an all-reduce."""
    found = exchange(several(FIRST, ranks, 1.0, alone=0.5, drift=[1.0] * 5))
    assert found is not None
    assert found.bytes_per_second == pytest.approx(factor * GRADIENT_BYTES / 0.5)


@given(st.integers(2, 6), st.floats(1.0, 3.0), DRIFTS)
def test_the_lag_is_of_the_slowest_rank_behind_the_fastest(ranks: int, slower: float, drift: list[float]) -> None:
    found = exchange(several(FIRST, ranks, 1.0, 0.5, 0.1, drift, slower))
    assert found is not None
    assert found.lag is not None
    assert found.lag.share.estimate == pytest.approx(slower - 1, abs=1e-9)
    assert found.lag.seconds.estimate >= -1e-12
    assert found.lag.slowest == ranks - 1 or slower == 1.0


def test_a_lag_within_its_noise_is_none() -> None:
    """Ranks of which now the one and now the other is the slower."""
    measurement = several(FIRST, 2, 1.0)
    other = tuple(Round(0.8 + (0.1 if turn % 2 else -0.08), 0.0, 0.0, turn) for turn in range(len(measurement.rounds)))
    noisy = with_figures(msgspec.structs.replace(measurement, references=measurement.references | {of_rank(ALONE, 1): other}))
    assert words(noisy)["lag_share"] == words(noisy)["lag_seconds"] == "none shown"
    assert noisy.figures["lag_seconds"] > 0, "the number is there for whoever has more turns"


def test_a_single_rank_has_neither_exchange_nor_lag() -> None:
    one = single(FIRST, 1.0)
    assert with_figures(one) == one
    assert exchange_words(one) == {}
    assert not {name for name in figures(one) if "exchange" in name or "lag" in name}


def test_figures_intervals_and_the_largest_rank_are_in_table_and_json() -> None:
    measurement = with_figures(several(FIRST, 3, 1.0, 0.9, 0.2, slower=1.5))
    found, told = figures(measurement), {row.title: row.text for row in shown(measurement)}
    assert found["largest_rank_host_anonymous_bytes"] == RANK_BYTES + 2
    assert not {name for name in found if rank_of(name)[1]}
    assert told["exchange, of the step"] == "10.0%"
    assert told["exchange, 95% interval"] == "10.0 – 10.0%"
    assert told["hidden behind the backward pass"] == "50.0%"
    assert told["bandwidth in the step, of that alone"] == "200%"
    assert told["slowest rank's lag"].endswith(" ms")
    assert found["lag_share"] == pytest.approx(0.5)
    assert told["bandwidth, exchange alone"].endswith(" MiB/s")
    info = extra_info(measurement)
    assert info["exposed_exchange_share_low"] <= info["exposed_exchange_share"] <= info["exposed_exchange_share_high"]
    assert info["largest_rank_host_anonymous_bytes"] == RANK_BYTES + 2
    assert info["lag_share_low"] <= info["lag_share"] <= info["lag_share_high"]
    assert watched(measurement).figure.name == "step_seconds"


def test_what_may_be_hidden_entirely_has_no_bandwidth_that_the_step_sees() -> None:
    measurement = with_figures(several(FIRST, 2, 1.0, 1.02, 0.2))
    assert measurement.missing == {"step_bandwidth_share": ALL_HIDDEN}
    assert words(measurement)["step_bandwidth_share"] == ALL_HIDDEN


@given(st.text(), st.integers(0, 999))
def test_the_name_of_a_rank_is_read_as_it_was_made(name: str, number: int) -> None:
    if rank_of(name)[1] == 0:
        assert rank_of(of_rank(name, number)) == (name, number)


def test_the_largest_rank_is_told_of_ranks_alone() -> None:
    other = side(several(FIRST, 2, 1.0).case, 1.0)
    assert not {name for name in figures(other) if name.startswith("largest_rank_")}
