"""Which way of loading leads: only ways that do the work, by their shares of the limit, or in turns where they were measured so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.lead import does_the_work, lead, name, ranked, ways
from harness.findings.ratio import limit_share
from harness.record.case import Case, Style, Workload
from harness.record.measurement import ColdStart, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.terminal.strategies_table import left_out, strategies_table, told

TURNS = 6
NOISE = (0.99, 1.01, 1.0, 0.995, 1.005, 1.0)


def way(
    framework: str, share: float, strategy: str | None = None, pixels: float = 0.0, turns: int = TURNS, cpu_seconds: float = 2e-3
) -> Measurement:
    """A pipeline that reaches that share of a limit of 1 ms a batch, on two cores."""
    style = Style.STRATEGY if strategy else Style.MATCHED
    return Measurement(
        case=Case(framework=framework, phase="data_pipeline", workload=Workload.LOADING, style=style, batch_size=8, strategy=strategy),
        outcome=Outcome.OK,
        rounds=tuple(Round(1e-3 / share * NOISE[turn], cpu_seconds, 0.0, turn) for turn in range(turns)),
        references={"limit": tuple(Round(1e-3, 2e-3, 0.0, turn) for turn in range(turns))},
        figures={"pixel_difference_max": pixels},
    )


@given(st.floats(0.05, 0.99))
def test_the_share_is_what_was_measured_and_its_interval_holds_it(share: float) -> None:
    found = limit_share(way("pytorch", share))
    assert found.estimate == pytest.approx(share, rel=1e-3)
    assert found.low < share < found.high


def test_too_few_turns_have_no_share() -> None:
    assert limit_share(way("pytorch", 0.5, turns=2)) is None
    assert not does_the_work(way("pytorch", 0.5, turns=2))
    assert lead([way("pytorch", 0.5, turns=2), way("tensorflow", 0.9)]) is None


def test_disturbed_rounds_are_in_no_share() -> None:
    fair = way("pytorch", 0.5)
    disturbed = [Round(9.0, 0.0, 0.5, turn) for turn in range(TURNS)]
    both = Measurement(case=fair.case, outcome=Outcome.OK, rounds=(*fair.rounds, *disturbed), references=fair.references)
    assert limit_share(both).estimate == pytest.approx(0.5, rel=1e-3)


def test_of_two_that_were_measured_apart_the_shares_are_compared() -> None:
    found = lead([way("pytorch", 0.4), way("pytorch", 0.9, "threads"), way("tensorflow", 0.6)])
    assert (name(found.first), name(found.second)) == ("threads", "tuned")
    assert found.ratio.estimate == pytest.approx(0.6 / 0.9, rel=1e-3)
    assert found.ratio.low < 0.6 / 0.9 < found.ratio.high
    assert "PyTorch's threads, 1.50× as fast as TensorFlow's tuned" in told(found)


@pytest.mark.parametrize("shares", [(0.9, 0.6), (0.6, 0.9)])
def test_of_two_that_were_measured_in_turns_the_turns_are_compared(shares: tuple[float, float]) -> None:
    found = lead([way("pytorch", shares[0]), way("tensorflow", shares[1])])
    assert found.first.case.framework == ("pytorch" if shares[0] > shares[1] else "tensorflow")
    assert found.ratio.estimate == pytest.approx(0.6 / 0.9)
    assert found.ratio.low == pytest.approx(found.ratio.high)  # the noise is the same in both, and cancels


def test_equal_ones_are_not_called() -> None:
    assert "no difference shown" in told(lead([way("pytorch", 0.9), way("tensorflow", 0.9)]))


def test_what_does_other_work_cannot_be_the_best() -> None:
    honest = [way("pytorch", 0.9), way("tensorflow", 0.8)]
    cheats = [way("tensorflow", 0.95, "fast_dct", pixels=0.3), way("tensorflow", 12.0, "cached_images", cpu_seconds=2e-4)]
    assert lead([*honest, *cheats]).second.case.strategy is None
    assert "fast_dct, cached_images" in left_out([*honest, *cheats])
    assert left_out(honest) == ""


def test_what_is_faster_than_the_limit_and_decodes_can_be_the_best() -> None:
    """The limit's threads are Python's: on many cores a pipeline without Python's lock may pass it."""
    assert lead([way("pytorch", 0.9), way("tensorflow", 1.4, cpu_seconds=1.8e-3)]).first.case.framework == "tensorflow"


def test_the_ladders_rungs_are_no_ways() -> None:
    rung = Case(framework="pytorch", phase="data_pipeline", workload=Workload.LOADING, style=Style.LADDER, batch_size=8)
    assert ways([Measurement(case=rung, outcome=Outcome.OK), way("pytorch", 0.5)]) == [way("pytorch", 0.5)]


@given(st.lists(st.floats(0.01, 2.0), max_size=8))
def test_the_largest_share_comes_first(shares: list[float]) -> None:
    found = [limit_share(each).estimate for each in ranked(way("pytorch", share) for share in shares)]
    assert found == sorted(found, reverse=True)


def test_the_table_has_a_row_for_each_way() -> None:
    measured = [way("tensorflow", 0.6), way("tensorflow", 0.4, "sequential")]
    for each in measured:
        each.figures["restart_seconds"] = 0.1
    measured = [cold(each) for each in measured]
    table = strategies_table("tensorflow", measured)
    assert list(table.columns[0].cells) == ["tuned", "sequential"]
    assert [f"{cell}" for cell in table.columns[2].cells] == ["60%", "40%"]


def cold(measurement: Measurement) -> Measurement:
    """The same, with the cold start that a measured case has."""
    return msgspec.structs.replace(measurement, cold_start=ColdStart(0.0, 0.1, 1, 0.2))
