"""The verdict on a fed step: exact where the turns agree, in order of the slowdown, and none from too few turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.overlap import PASSING_LOSS, Bound, Overlap, overlap_words, verdict, with_figures
from harness.findings.ratio import MIN_TURNS, PROCESS_SPREAD
from harness.record.case import Case, Style, Workload
from harness.record.measurement import LOADER, STEP, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round

CASE = Case(framework="pytorch", phase="end_to_end", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=8)
SECONDS = st.floats(0.001, 10.0)
DRIFT = st.lists(st.floats(0.5, 2.0), min_size=MIN_TURNS, max_size=8)
ROUNDED_AWAY = 2.0**53  # 1 less a share of so much is 1 to a float
TURN = st.tuples(SECONDS, SECONDS, SECONDS)  # loader alone, step alone, together


def measured(turns: list[tuple[float, float, float]], steps: int = 1) -> Measurement:
    loader, step, together = (tuple(Round(steps * turn[way], 0.0, 0.0, block) for block, turn in enumerate(turns)) for way in range(3))
    return Measurement(case=CASE, outcome=Outcome.OK, steps_per_round=steps, rounds=together, references={LOADER: loader, STEP: step})


def drifting(loader: float, step: float, together: float, drift: list[float]) -> Measurement:
    return measured([(level * loader, level * step, level * together) for level in drift])


@pytest.mark.parametrize(
    ("loader", "step", "together", "bound", "lost", "overlap"),
    [
        (0.5, 1.0, 1.0, Bound.COMPUTE, 0.0, 1.0),
        (0.5, 1.0, 1.01, Bound.COMPUTE, 0.0099, 0.98),
        (2.0, 1.0, 2.0, Bound.LOADER, 0.5, 1.0),
        (2.0, 1.0, 3.0, Bound.LOADER, 2 / 3, 0.0),
        (0.5, 1.0, 1.25, Bound.LOADING, 0.2, 0.5),
        (0.5, 1.0, 1.5, Bound.LOADING, 1 / 3, 0.0),
        (0.5, 1.0, 2.0, Bound.LOADING, 0.5, -1.0),
    ],
)
def test_turns_that_agree_give_it_exactly(loader: float, step: float, together: float, bound: Bound, lost: float, overlap: float) -> None:
    found = verdict(drifting(loader, step, together, [1.0, 1.5, 0.7, 1.1]))
    assert found.bound is bound
    assert found.lost_share == pytest.approx(lost, abs=1e-4)
    assert found.lost_share_interval == pytest.approx((lost, lost), abs=1e-4)
    assert (found.overlap.estimate, found.overlap.low, found.overlap.high) == pytest.approx((overlap,) * 3)


@given(SECONDS, SECONDS, SECONDS, st.floats(1.0, 5.0), DRIFT)
def test_the_slower_together_the_more_is_lost_and_the_less_overlaps(
    loader: float, step: float, together: float, slower: float, drift: list[float]
) -> None:
    before, after = (verdict(drifting(loader, step, factor * together, drift)) for factor in (1.0, slower))
    assert after.lost_share >= before.lost_share - 1e-9
    assert after.overlap.estimate <= before.overlap.estimate + 1e-9
    assert not before.is_slower or after.bound is before.bound


@given(SECONDS, SECONDS, SECONDS, DRIFT)
def test_of_a_slower_loader_the_step_is_bound_by_it_and_not_by_its_cpu_time(
    loader: float, step: float, together: float, drift: list[float]
) -> None:
    found = verdict(drifting(loader, step, together, drift))
    assert found.bound is not (Bound.LOADER if loader < 0.999 * step else Bound.LOADING if loader > 1.001 * step else None)


@given(st.lists(TURN, max_size=8), st.integers(1, 32))
def test_whatever_was_measured_it_is_called_within_bounds_or_not_at_all(turns: list[tuple[float, float, float]], steps: int) -> None:
    measurement = measured(turns, steps)
    found, noted = verdict(measurement), with_figures(measurement) if turns else None
    assert (found is None) is (len(turns) < MIN_TURNS)
    if found is None:
        assert noted is None or noted.missing == {"overlap": "too few turns", "lost_share": "too few turns"}
        return
    least, most = found.lost_share_interval
    assert least <= found.lost_share <= most
    assert most < 1 or found.slowdown.high > ROUNDED_AWAY
    assert found.is_slower is (found.slowdown.low > 1 + PROCESS_SPREAD)
    assert not found.is_slower or least > 0
    assert found.bound is not Bound.COMPUTE or most <= PASSING_LOSS + 1e-9
    assert found.bound is not Bound.UNTOLD or most > PASSING_LOSS - 1e-9
    assert found.overlap.low <= found.overlap.estimate <= found.overlap.high
    assert noted.figures["overlap"] == found.overlap.estimate
    assert noted.missing == {}


def test_why_it_is_slower_is_said_only_where_loader_and_step_can_be_told_apart() -> None:
    loaders = (0.8, 1.3, 0.9, 1.1, 1.2, 0.9)
    assert verdict(measured([(loader, 1.0, 1.5) for loader in loaders])).bound is Bound.SLOWER
    assert verdict(measured([(2 * loader, 1.0, 3.0) for loader in loaders])).bound is Bound.LOADER
    assert verdict(measured([(loader / 2, 1.0, 1.5) for loader in loaders])).bound is Bound.LOADING


@pytest.mark.parametrize(
    ("together", "bound"),
    [
        ([1.0, 1.02, 0.98, 1.01], Bound.COMPUTE),  # loses at most a few per cent
        ([1.0, 1.3, 0.8, 1.1], Bound.UNTOLD),  # nothing, or a third
        ([1.2, 1.5, 1.3, 1.4, 1.3, 1.4], Bound.LOADING),  # however much, it loses
    ],
)
def test_compute_bound_is_said_only_where_a_large_loss_is_ruled_out(together: list[float], bound: Bound) -> None:
    assert verdict(measured([(0.1, 1.0, each) for each in together])).bound is bound


def test_only_turns_that_all_three_measured_undisturbed_count() -> None:
    measurement = measured([(0.5, 1.0, 1.0)] * 4 + [(0.5, 1.0, 9.0)])
    disturbed = Round(9.0, 0.0, 0.5, 4)
    for name in (LOADER, STEP):
        references = measurement.references | {name: (*measurement.references[name][:-1], disturbed)}
        found = verdict(Measurement(case=CASE, outcome=Outcome.OK, rounds=measurement.rounds, references=references))
        assert found.slowdown.estimate == pytest.approx(1.0)
    assert verdict(measurement).slowdown.estimate > 1.5


def test_figures_are_seconds_a_step_and_other_phases_have_none() -> None:
    noted = with_figures(measured([(0.5, 1.0, 1.5)] * 3, steps=4))
    assert noted.figures == pytest.approx(
        {"loader_alone_seconds_per_step": 0.5, "step_alone_seconds_per_step": 1.0, "overlap": 0.0, "lost_share": 1 / 3}
    )
    plain = Measurement(case=CASE, outcome=Outcome.OK, rounds=noted.rounds)
    assert with_figures(plain) is plain
    assert verdict(plain) is None


@pytest.mark.parametrize(("low", "high", "shown"), [(-0.5, 1.5, False), (0.1, 1.5, True), (-0.5, 0.9, True), (0.0, 1.0, False)])
def test_an_overlap_that_may_be_all_or_nothing_is_not_shown(low: float, high: float, shown: bool) -> None:
    assert Overlap((low + high) / 2, low, high).is_shown is shown


def test_what_is_found_is_said_in_words() -> None:
    assert overlap_words(with_figures(measured([(0.5, 1.0, 1.25)] * 4))) == {
        "bound": "slowed by loading by 20%",
        "lost_share_interval": "20.0 – 20.0%",
        "overlap": "0.50",
        "overlap_interval": "0.50 – 0.50",
    }
    assert overlap_words(with_figures(measured([(0.5, 1.0, 1.0)] * 4)))["bound"] == "compute-bound"
    assert overlap_words(with_figures(measured([(0.5, 1.0, 1.25)] * 2))) == {"bound": "not called: too few turns"}
    assert overlap_words(Measurement(case=CASE, outcome=Outcome.OK)) == {}


def test_of_a_disturbed_step_nothing_is_called() -> None:
    sound = measured([(0.5, 1.0, 1.25)] * 4)
    loud = tuple(Round(9.0, 0.0, 0.5, 4) for _ in range(5))
    noted = with_figures(Measurement(case=CASE, outcome=Outcome.OK, rounds=(*sound.rounds, *loud), references=sound.references))
    assert overlap_words(noted) == {"bound": "not called: disturbed", "overlap": "cannot be told"}
