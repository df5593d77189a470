"""Which way of loading leads: only ways that do the work, by their shares of the limit, or in turns where they were measured so."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.lead import does_the_work, lead, left_out, name, ranked, told, untold, ways
from harness.findings.ratio import limit_share
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.findings.sides import THIRD, add_a_third

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
    assert [name(each) for each in found.ways] == ["threads", "tuned"]
    (ratio,) = found.ratios
    assert ratio.estimate == pytest.approx(0.6 / 0.9, rel=1e-3)
    assert ratio.low < 0.6 / 0.9 < ratio.high
    assert "PyTorch's threads, 1.50× as fast as TensorFlow's tuned" in told(found)


@pytest.mark.parametrize("shares", [(0.9, 0.6), (0.6, 0.9)])
def test_of_two_that_were_measured_in_turns_the_turns_are_compared(shares: tuple[float, float]) -> None:
    found = lead([way("pytorch", shares[0]), way("tensorflow", shares[1])])
    assert found.ways[0].case.framework == ("pytorch" if shares[0] > shares[1] else "tensorflow")
    (ratio,) = found.ratios
    assert ratio.estimate == pytest.approx(0.6 / 0.9)
    assert ratio.low == pytest.approx(ratio.high)  # the noise is the same in both, and cancels


def test_equal_ones_are_not_called() -> None:
    assert "no difference shown" in told(lead([way("pytorch", 0.9), way("tensorflow", 0.9)]))


def test_what_does_other_work_cannot_be_the_best() -> None:
    honest = [way("pytorch", 0.9), way("tensorflow", 0.8)]
    cheats = [way("tensorflow", 0.95, "fast_dct", pixels=0.3), way("tensorflow", 12.0, "cached_images", cpu_seconds=2e-4)]
    assert lead([*honest, *cheats]).ways[1].case.strategy is None
    assert "fast_dct, cached_images" in left_out([*honest, *cheats])
    assert left_out(honest) == ""


def test_what_is_faster_than_the_limit_and_decodes_can_be_the_best() -> None:
    """The limit's threads are Python's: on many cores a pipeline without Python's lock may pass it."""
    assert lead([way("pytorch", 0.9), way("tensorflow", 1.4, cpu_seconds=1.8e-3)]).ways[0].case.framework == "tensorflow"


def test_the_ladders_rungs_are_no_ways() -> None:
    rung = Case(framework="pytorch", phase="data_pipeline", workload=Workload.LOADING, style=Style.LADDER, batch_size=8)
    assert ways([Measurement(case=rung, outcome=Outcome.OK), way("pytorch", 0.5)]) == [way("pytorch", 0.5)]


@given(st.lists(st.floats(0.01, 2.0), max_size=8))
def test_the_largest_share_comes_first(shares: list[float]) -> None:
    found = [limit_share(each).estimate for each in ranked(way("pytorch", share) for share in shares)]
    assert found == sorted(found, reverse=True)


def test_three_frameworks_best_ways_are_compared_with_the_best_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    found = lead([way("pytorch", 0.6), way(THIRD, 0.9, "threads"), way("tensorflow", 0.45), way(THIRD, 0.3)])
    assert [each.case.framework for each in found.ways] == [THIRD, "pytorch", "tensorflow"]
    assert [each.estimate for each in found.ratios] == pytest.approx([0.6 / 0.9, 0.45 / 0.9], rel=1e-3)
    text = told(found)
    assert text.startswith("best: Third's threads, 1.50× as fast as PyTorch's tuned (95% interval 1.4")
    assert "; 2.00× as fast as TensorFlow's tuned (95% interval 1.9" in text
    assert text.endswith("which flatters all: the interval does not cover that.")


def test_what_turns_say_wins_over_the_shares() -> None:
    """PyTorch's share is larger, as its limit was slow meanwhile; in the turns TensorFlow was faster."""
    slow_limit = way("pytorch", 0.8)
    slow_limit.references["limit"] = tuple(Round(1.5e-3, 2e-3, 0.0, turn) for turn in range(TURNS))
    found = lead([slow_limit, way("tensorflow", 0.9)])
    assert ranked([way("tensorflow", 0.9), slow_limit])[0] is slow_limit
    assert [each.case.framework for each in found.ways] == ["tensorflow", "pytorch"]
    assert found.ratios[0].estimate == pytest.approx(0.8 / 0.9)


@pytest.mark.parametrize(
    ("disturbed", "text"), [(False, "1.50× as fast as TensorFlow's tuned"), (True, "then TensorFlow's tuned; by how much")]
)
def test_a_disturbed_lead_is_not_called(disturbed: bool, text: str) -> None:
    found = way("pytorch", 0.9)
    loud = tuple(Round(9.0, 2e-3, 0.5, turn) for turn in range(TURNS + 1)) if disturbed else ()
    found = msgspec.structs.replace(found, rounds=(*found.rounds, *loud))
    told_of = told(lead([found, way("tensorflow", 0.6)]))
    assert text in told_of
    assert ("picked" in told_of) is not disturbed


def test_who_is_best_of_one_framework_is_not_said() -> None:
    assert lead([way("pytorch", 0.9), way("pytorch", 0.6, "threads")]) is None
    assert lead([]) is None


def test_why_no_best_is_told_is_told() -> None:
    """Of a busy machine, whose turns were all disturbed, else nothing would be said at all."""
    short = way("tensorflow", 0.9, "threads", turns=2)
    assert lead([way("pytorch", 0.9), short]) is None
    assert untold([way("pytorch", 0.9), short], "Mine").startswith("best, Mine: not told: TensorFlow lacks a way")
    assert "PyTorch and TensorFlow" in untold([way("pytorch", 0.9, pixels=1.0), short])
    assert untold([way("pytorch", 0.9), way("tensorflow", 0.6), short]) == untold([short]) == untold([]) == ""


def test_where_a_best_is_told_nothing_is_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a third framework has none."""
    add_a_third(monkeypatch)
    of_three = [way("pytorch", 0.6), way("tensorflow", 0.45), way(THIRD, 0.9, "threads", turns=2)]
    assert lead(of_three) is not None
    assert untold(of_three) == ""


def test_what_was_measured_by_number_of_workers_is_no_way() -> None:
    scaled = way("pytorch", 0.5, "workers")
    assert ways([msgspec.structs.replace(scaled, case=msgspec.structs.replace(scaled.case, phase="pipeline_scaling"))]) == []
    assert ways([scaled]) == [scaled]
