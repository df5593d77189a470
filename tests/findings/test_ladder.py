"""The ladder: each rung's ratio and what it was worth, with ends that are the stock and the matched ratio."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ladder import NOT_MEASURED, NOT_TOLD, Ladder, Rung, ladders
from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from harness.record.case import Execution, Precision, Style, Workload
from harness.record.fairness import NEUTRAL, Source
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.findings.sides import FIRST, SECOND, THIRD, add_a_third, case, readings, side


def sides(style: Style, rung: Source | None = None, phase: str = "train_step", **seconds: float) -> list[Measurement]:
    """Of each framework that has seconds."""
    top = {"execution": Execution.PLAIN, "precision": Precision.FP32} if style is Style.MATCHED else {}
    return [side(case(name, phase, style, rung=rung, **top), each) for name, each in seconds.items()]


def pair(ours: float, theirs: float, style: Style, rung: Source | None = None) -> list[Measurement]:
    return sides(style, rung, **{FIRST: ours, SECOND: theirs})


def memory(framework: str, style: Style, rung: Source | None = None, **values: int) -> Measurement:
    return Measurement(case=case(framework, "memory", style, rung=rung), outcome=Outcome.OK, readings=readings(**values))


def only(measurements: list[Measurement]) -> Ladder:
    (found,) = ladders(measurements)
    return found


def estimates(rungs: tuple[Rung, ...], other: str = SECOND) -> list[tuple[str, float | None]]:
    return [(rung.name, ratio.estimate if (ratio := rung.ratios[other]) else None) for rung in rungs]


def test_ends_and_worths() -> None:
    measured = pair(3.0, 1.0, Style.STOCK) + pair(2.0, 1.0, Style.LADDER, Source.LAYOUT) + pair(1.5, 1.0, Style.LADDER, Source.LOOP)
    found = only(measured + pair(1.2, 1.0, Style.MATCHED))
    assert (found.phase, found.title, found.reference, found.others) == ("train_step", "Train step", FIRST, (SECOND,))
    assert [rung.name for rung in found.rungs] == ["stock", "loop", "layout", "matched"]
    assert [rung.ratios[SECOND].estimate for rung in found.rungs] == pytest.approx([3.0, 1.5, 2.0, 1.2])
    worths = [rung.worths[SECOND] for rung in found.rungs]
    assert worths == [None, pytest.approx(0.5), pytest.approx(4 / 3), pytest.approx(0.6)]
    assert math.prod(worth or 1.0 for worth in worths) == pytest.approx(1.2 / 3.0)
    assert found.rungs[0].values == {FIRST: "3.06 s", SECOND: "1.02 s"}
    assert not any(rung.reasons for rung in found.rungs)


@pytest.mark.parametrize("there", [FIRST, SECOND])
def test_a_rung_that_one_side_lacks_is_shown_and_part_of_the_next(there: str) -> None:
    half = sides(Style.LADDER, Source.LOOP, **{there: 2.0})
    found = only(pair(3.0, 1.0, Style.STOCK) + half + pair(1.5, 1.0, Style.LADDER, Source.LAYOUT))
    assert [(rung.name, rung.worths[SECOND]) for rung in found.rungs] == [
        ("stock", None),
        ("loop", None),
        ("layout", pytest.approx(0.5)),
    ]
    rung = found.rungs[1]
    assert rung.values == {FIRST: NOT_MEASURED, SECOND: NOT_MEASURED} | {there: "2.04 s"}
    assert (rung.ratios, rung.reasons) == ({SECOND: None}, {SECOND: NOT_MEASURED})


def test_a_rung_that_was_not_measured_is_part_of_the_next() -> None:
    found = only(pair(3.0, 1.0, Style.STOCK) + pair(1.5, 1.0, Style.LADDER, Source.LAYOUT))
    assert [(rung.name, rung.worths[SECOND]) for rung in found.rungs] == [("stock", None), ("layout", pytest.approx(0.5))]


def test_of_three_sides_each_other_one_has_ratios_and_worths_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    measured = sides(Style.STOCK, **{THIRD: 0.5, SECOND: 1.0, FIRST: 3.0})
    measured += sides(Style.LADDER, Source.LOOP, **{FIRST: 2.0, THIRD: 0.5}) + sides(
        Style.LADDER, Source.LAYOUT, **{SECOND: 1.0, THIRD: 1.0}
    )
    found = only(measured + sides(Style.MATCHED, **{FIRST: 1.0, SECOND: 1.0, THIRD: 1.0}))
    assert (found.reference, found.others) == (FIRST, (SECOND, THIRD))
    assert estimates(found.rungs) == [("stock", pytest.approx(3)), ("loop", None), ("layout", None), ("matched", pytest.approx(1))]
    assert estimates(found.rungs, THIRD) == [
        ("stock", pytest.approx(6)),
        ("loop", pytest.approx(4)),
        ("layout", None),
        ("matched", pytest.approx(1)),
    ]
    assert [rung.worths[SECOND] for rung in found.rungs] == [None, None, None, pytest.approx(1 / 3)]
    assert [rung.worths[THIRD] for rung in found.rungs] == [None, pytest.approx(2 / 3), None, pytest.approx(1 / 4)]
    assert [rung.reasons for rung in found.rungs] == [{}, {SECOND: NOT_MEASURED}, {SECOND: NOT_MEASURED, THIRD: NOT_MEASURED}, {}]


def test_of_one_side_what_there_is_is_shown() -> None:
    found = only(sides(Style.STOCK, **{SECOND: 3.0}) + sides(Style.LADDER, Source.LOOP, **{SECOND: 2.0}))
    assert (found.reference, found.others) == (SECOND, ())
    assert [(rung.name, rung.values, rung.ratios) for rung in found.rungs] == [
        ("stock", {SECOND: "3.06 s"}, {}),
        ("loop", {SECOND: "2.04 s"}, {}),
    ]


def test_a_disturbed_rung_says_so() -> None:
    loud = [side(case(name, style=Style.LADDER, rung=Source.LOOP), 1.0, foreign_share=0.5) for name in (FIRST, SECOND)]
    found = only(pair(3.0, 1.0, Style.STOCK) + loud)
    assert found.rungs[1].reasons == {SECOND: "not called: disturbed, or too few turns"}


def test_what_is_not_at_the_top_of_it_is_no_end() -> None:
    compiled = [side(case(name, execution=Execution.COMPILED, precision=Precision.FP32), 9.0) for name in (FIRST, SECOND)]
    found = only([*pair(3.0, 1.0, Style.STOCK), *pair(2.0, 1.0, Style.LADDER, Source.LOOP), *compiled])
    assert [rung.name for rung in found.rungs] == ["stock", "loop"]


def test_two_works_or_batch_sizes_are_two_ladders() -> None:
    rungs = [
        side(case(name, style=Style.LADDER, rung=Source.LOOP, workload=workload, batch_size=size), 1.0)
        for name in (FIRST, SECOND)
        for workload, size in ((Workload.FROZEN, 8), (Workload.FULL, 8), (Workload.FROZEN, 32))
    ]
    found = ladders(rungs)
    assert [each.title for each in found] == ["Train step frozen bs8", "Train step full bs8", "Train step frozen bs32"]
    assert all(each.rungs[0].ratios[SECOND] for each in found)
    assert ladders(pair(3.0, 1.0, Style.STOCK)) == []


def test_ladders_are_in_the_order_of_their_phases() -> None:
    rungs = [
        *sides(Style.LADDER, Source.LOOP, "memory", **{FIRST: 1.0}),
        *sides(Style.LADDER, Source.LOOP, "of_long_ago", **{FIRST: 1.0}),
        *sides(Style.LADDER, Source.LOOP, "train_step", **{FIRST: 1.0}),
    ]
    assert [(each.phase, each.title) for each in ladders(rungs)] == [
        ("train_step", "Train step"),
        ("memory", "Memory"),
        ("of_long_ago", "Of long ago"),
    ]


def test_on_a_gpu_memory_starts_with_each_frameworks_own_meter() -> None:
    """PyTorch's users quote its allocator, TensorFlow's what the driver says; both allocators tell the common one."""
    measured = [
        memory(FIRST, Style.STOCK, allocator_peak_bytes=10, host_anonymous_bytes=60),
        memory(SECOND, Style.STOCK, allocator_peak_bytes=20, device_peak_bytes=80, host_anonymous_bytes=40),
    ]
    found = only([*measured, memory(FIRST, Style.LADDER, Source.ORDER)]).rungs
    assert estimates(found) == [("own meters", 0.125), ("stock", 0.5), ("order", None)]
    assert [rung.worths[SECOND] for rung in found] == [None, 4.0, None]
    assert found[0].meaning == "allocator_peak_bytes | device_peak_bytes → allocator_peak_bytes"
    assert found[2].values == {FIRST: NOT_TOLD, SECOND: NOT_MEASURED}


def test_without_one_memory_starts_with_the_process_alone() -> None:
    measured = [
        memory(FIRST, Style.STOCK, host_peak_bytes=8 * 2**20, host_anonymous_bytes=60 * 2**20),
        memory(SECOND, Style.STOCK, host_peak_bytes=16 * 2**20, host_anonymous_bytes=40 * 2**20),
        memory(FIRST, Style.LADDER, Source.ORDER, host_anonymous_bytes=50 * 2**20),
        memory(SECOND, Style.LADDER, Source.ORDER, host_anonymous_bytes=40 * 2**20),
    ]
    found = only(measured).rungs
    assert estimates(found) == [("own meters", 0.5), ("stock", 1.5), ("order", 1.25)]
    assert found[0].meaning == "host_peak_bytes → host_anonymous_bytes"
    assert found[1].values == {FIRST: "60 MiB", SECOND: "40 MiB"}


def test_memory_that_no_meter_told_is_not_called() -> None:
    found = only([memory(name, Style.LADDER, Source.ORDER) for name in (FIRST, SECOND)])
    assert found.rungs[0].reasons == {SECOND: "not called: not told"}


def test_a_rungs_meaning_is_each_frameworks_habit_and_the_neutral_setting() -> None:
    found = only(pair(3.0, 1.0, Style.STOCK) + pair(2.0, 1.0, Style.LADDER, Source.LAYOUT) + pair(2.0, 1.0, Style.LADDER, Source.ALLOCATOR))
    assert [rung.meaning for rung in found.rungs] == [
        "each framework's habits",
        "NCHW | NHWC → NHWC",
        "glibc gives freed memory back, or not, by where it lies → the process keeps it",
    ]


def test_who_tells_no_habit_has_a_place_in_the_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)
    found = only(sides(Style.LADDER, Source.LAYOUT, **{FIRST: 1.0, SECOND: 1.0, THIRD: 1.0, "of_long_ago": 1.0}))
    assert found.others == (SECOND, THIRD, "of_long_ago")
    assert found.rungs[0].meaning == "NCHW | NHWC | its own | its own → NHWC"


def test_every_source_has_a_meaning_and_a_place() -> None:
    laddered = [phase.ladder for phase in PHASES.values() if phase.ladder]
    assert set(NEUTRAL) == set(Source) == {source for ladder in laddered for source in ladder}
    for listing in FRAMEWORKS.values():
        assert set(listing.habits) == set(Source)
    for ladder in laddered:
        assert len(set(ladder)) == len(ladder)


RATIO = st.floats(0.1, 10.0)


@given(st.lists(st.tuples(st.none() | RATIO, st.none() | RATIO), min_size=1, max_size=len(PHASES["train_step"].ladder) - 1))
def test_worths_multiply_to_what_lies_between_the_ends_whatever_is_lacking(seconds: list[tuple[float | None, float | None]]) -> None:
    measured = pair(3.0, 1.0, Style.STOCK) + pair(1.2, 1.0, Style.MATCHED) + pair(2.0, 1.0, Style.LADDER, Source.ALLOCATOR)
    for source, (ours, theirs) in zip(PHASES["train_step"].ladder, seconds, strict=False):
        there = {name: each for name, each in ((FIRST, ours), (SECOND, theirs)) if each is not None}
        measured += sides(Style.LADDER, source, **there) if source is not Source.ALLOCATOR else []
    worths = [rung.worths[SECOND] for rung in only(measured).rungs]
    assert math.prod(worth for worth in worths if worth is not None) == pytest.approx(1.2 / 3.0)
