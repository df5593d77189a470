"""The side by side of one, two and three frameworks: whatever was measured is there, and whatever was not says why."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.findings.comparison import heading_of, title_of
from harness.findings.exchange import with_figures as with_exchange
from harness.findings.figures import shown
from harness.frameworks import title
from harness.phases import PHASES
from harness.record.case import Case, Style, Workload
from harness.record.check import Check, EqualWork
from harness.record.fairness import Source
from harness.record.measurement import LIMIT, LOADER, STEP, Measurement, ScalingPoint
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.findings.ranked_sides import several, single
from tests.findings.sides import FIRST, SECOND, THIRD, TURNS, add_a_third, case, job, readings, side
from tests.session.terminal.printed import row, side_by_side

FRAMEWORKS = (FIRST, SECOND, THIRD)
LOADING = {"workload": Workload.LOADING}
REFERENCES = {name: tuple(Round(0.9, 1.0, 0.0, turn) for turn in range(TURNS)) for name in (LIMIT, LOADER, STEP)}
SCALING = (ScalingPoint(1, 500.0, 600.0, 1.0, 0.002), ScalingPoint(2, 900.0, 1200.0, 2.0, 0.002))


@pytest.fixture(autouse=True)
def _a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    add_a_third(monkeypatch)


def everything(framework: str) -> list[Measurement]:
    """A measured case of each kind there is, and of a phase that is not listed."""
    seconds = 1.0 + FRAMEWORKS.index(framework)
    pipeline = {"references": {LIMIT: REFERENCES[LIMIT]}, "figures": {"pixel_difference_max": 0.0}}
    meters = readings(host_anonymous_bytes=int(seconds * 2**30), host_peak_bytes=int(seconds * 2**31))
    return [
        side(case(framework), seconds),
        side(case(framework, style=Style.STOCK), 2 * seconds),
        side(case(framework, style=Style.LADDER, rung=Source.LOOP), 1.5 * seconds),
        side(case(framework, "inference", workload=Workload.INFERENCE, batch_size=1), seconds),
        side(case(framework, "memory"), seconds, readings=meters),
        side(case(framework, "largest_batch"), seconds, figures={"largest_batch_size": 100.0 * seconds}),
        job(framework, [seconds] * 4),
        side(
            case(framework, "model_formats", workload=Workload.INFERENCE, model_format="keras"), seconds, figures={"save_seconds": seconds}
        ),
        side(case(framework, "end_to_end"), seconds, references=REFERENCES, figures={"wait_share": seconds / 10}),
        side(case(framework, "data_pipeline", **LOADING), seconds, **pipeline),
        side(case(framework, "data_pipeline", Style.STRATEGY, strategy="threads", **LOADING), seconds / 2, **pipeline),
        side(case(framework, "pipeline_scaling", **LOADING), seconds, scaling=SCALING),
        side(case(framework, "pipeline_scaling", Style.STRATEGY, strategy="threads", **LOADING), seconds, scaling=SCALING),
        side(case(framework, "end_to_end", Style.STRATEGY, strategy="threads"), seconds, figures={"wait_share": seconds / 20}),
        single(framework, seconds),
        with_exchange(several(framework, 2, 0.6 * seconds)),
        side(case(framework, "of_long_ago"), seconds, figures={"some_thing": seconds}),
    ]


def is_told(measurement: Measurement, text: str) -> bool:
    """Its title, and each of its figures on some line."""
    if measurement.case.rung is not None:
        return any(line.strip().startswith(measurement.case.rung) for line in text.splitlines())
    if measurement.case.strategy is not None:
        return measurement.case.strategy in text
    name = measurement.case.model_format or heading_of(measurement.case)
    return name in text and all(
        any(each.title in line and each.text in line for line in _table_lines(measurement, text)) for each in shown(measurement)
    )


def _table_lines(measurement: Measurement, text: str) -> list[str]:
    """A phase without partners has its figures' titles in one line and their texts in another."""
    return [text] if measurement.case.model_format else text.splitlines()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_framework_and_each_phase_is_there(count: int) -> None:
    frameworks = FRAMEWORKS[:count]
    text = " ".join(side_by_side(each for name in frameworks for each in everything(name)).split())  # a long title takes two lines
    tables = [f"{phase.title}: {phase.subtitle}" for phase in PHASES.values()]
    assert [each for each in tables if each not in text] == []
    assert [text.index(each) for each in tables] == sorted(text.index(each) for each in tables)
    assert text.index("Of long ago") > text.index(tables[-1])
    for name in frameworks:
        assert text.count(f"{title(name)}'s threads pipeline by workers") == 1
        assert f"{title(name)}'s ways to load" in text
    assert text.count("The report's five metrics: fine tuning frozen stock bs8, 4 epochs") == 1
    assert f"Why, train step: {' / '.join(map(title, frameworks))} from stock" in text
    assert ("best: PyTorch's threads" in text) is (count > 1)
    assert "…" not in text.replace(" … ", "")  # but in intervals of a difference


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_measurement_is_told(count: int) -> None:
    measured = [each for name in FRAMEWORKS[:count] for each in everything(name)]
    text = side_by_side(measured)
    assert [title_of(each.case) for each in measured if not is_told(each, text)] == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 3 * len(everything(FIRST)) - 1), min_size=1), st.sets(st.integers(0, 3 * len(everything(FIRST)) - 1)))
def test_whatever_part_of_it_was_measured_is_told(measured: set[int], failed: set[int]) -> None:
    cases = [each for name in FRAMEWORKS for each in everything(name)]
    found = [
        Measurement(case=each.case, outcome=Outcome.CRASHED, detail="[it] died") if place in failed else each
        for place, each in enumerate(cases)
        if place in measured
    ]
    text = side_by_side(found)
    assert [title_of(each.case) for each in found if each.outcome is Outcome.OK and not is_told(each, text)] == []
    _, _, reasons = text.partition("Not measured")
    for each in found:
        if each.outcome is not Outcome.OK:
            assert any(
                title_of(each.case) in line and title(each.case.framework) in line and "crashed" in line and "[it] died" in line
                for line in reasons.splitlines()
            )


def test_two_sides_have_one_line_that_says_who_is_ahead() -> None:
    sides = [side(case(SECOND), 2.0, equal_work=EqualWork(FIRST, (Check("loss", 0.0, 1.0, ""),))), side(case(FIRST), 1.0)]
    text = side_by_side(sides)
    assert row(text, "frozen matched bs8") == [
        "frozen matched bs8", "images/s", "7.84", "3.92", "0.50", "one run", "PyTorch 2.00× faster", "1 check holds",
    ]  # fmt: skip
    assert row(text, "step") == ["step", "1.02 s", "2.04 s"]
    assert "ratio: PyTorch / TensorFlow, of time a step (memory: of bytes), from medians of blocks taken in turns." in text


def test_three_sides_have_a_line_for_each_other_one_which_says_which() -> None:
    text = side_by_side([side(case(THIRD), 0.5), side(case(SECOND), 2.0), side(case(FIRST), 1.0)])
    assert row(text, "frozen matched bs8")[5:] == ["PyTorch / TensorFlow 0.50", "one run", "PyTorch 2.00× faster", "not checked"]
    assert row(text, "step")[4:] == ["PyTorch / Third 2.00", "one run", "Third 2.00× faster", "not checked"]
    assert "ratio: PyTorch / TensorFlow and PyTorch / Third, of time a step" in text


def test_one_side_says_that_there_is_no_other() -> None:
    text = side_by_side([side(case(FIRST, style=Style.STOCK), 1.0)])
    assert row(text, "frozen stock bs8") == ["frozen stock bs8", "images/s", "7.84", "no other side", "each its own"]
    assert "ratio:" not in text


def test_more_other_sides_than_figures_lose_no_line() -> None:
    bare = [msgspec.structs.replace(side(case(name, "memory"), 1.0), cold_start=None) for name in FRAMEWORKS]
    text = side_by_side(bare)
    assert "PyTorch / TensorFlow" in text
    assert text.count("not compared: no meter that both could read") == 2


def test_five_metrics_of_three_have_a_line_for_each_other_one() -> None:
    text = side_by_side(job(name, [1.0 + place] * 4) for place, name in enumerate(FRAMEWORKS))
    _, _, table = text.partition("The report's five metrics")
    values = ["4 s, 1 s an epoch", "8 s, 2 s an epoch", "12 s, 3 s an epoch"]
    assert row(table, "training time") == ["training time", *values, "PyTorch / TensorFlow 0.50", "one run", "PyTorch 2.00× faster"]
    assert row(table, "PyTorch / Third 0.33") == ["PyTorch / Third 0.33", "one run", "PyTorch 3.00× faster"]


def formats(**axes: object) -> list[Case]:
    return [
        case(name, "model_formats", workload=Workload.INFERENCE, model_format=kind, **axes)
        for name, kind in ((FIRST, "onnx"), (SECOND, "keras"))
    ]


def test_formats_have_a_row_each_and_no_ratio() -> None:
    text = side_by_side(side(each, 1.0, figures={"save_seconds": 0.5, "size_bytes": 2.0**20}) for each in formats())
    assert "Model formats: the network to disk and back, in the page cache; medians" in " ".join(text.split())
    assert row(text, "PyTorch") == ["PyTorch", "onnx", "500 ms", "1.0 MiB"]
    assert row(text, "TensorFlow") == ["TensorFlow", "keras", "500 ms", "1.0 MiB"]
    assert "ratio" not in text


def test_formats_that_differ_in_more_say_in_what() -> None:
    text = side_by_side(side(each, 1.0, figures={"save_seconds": 0.5}) for size in (1, 8) for each in formats(batch_size=size))
    assert [line.split()[1:3] for line in text.splitlines() if "500 ms" in line] == [
        ["onnx", "bs1"],
        ["keras", "bs1"],
        ["onnx", "bs8"],
        ["keras", "bs8"],
    ]


def test_notes_tell_what_was_disturbed_and_how_to_read_the_phases() -> None:
    quiet, loud = side(case(FIRST), 1.0), side(case(SECOND), 1.0, foreign_share=0.5)
    assert "disturbed: other processes took over 10% of the CPU in most rounds" in side_by_side([quiet, loud])
    one = msgspec.structs.replace(quiet, rounds=(*quiet.rounds, loud.rounds[0]))
    assert "disturbed: 1 of 6 rounds, which enter no ratio." in side_by_side([one])
    hot = msgspec.structs.replace(quiet, rounds=(*quiet.rounds, Round(1.0, 1.0, 0.0, 0, throttled_share=0.5)))
    assert "throttled: heat or a power brake slowed the GPU in 1 rounds" in side_by_side([hot])
    batch = side(case(FIRST, "largest_batch"), 1.0, figures={"largest_batch_size": 9.0}, item="sentence")
    assert "the ratio is of the room that one sentence takes" in side_by_side([batch])
    assert "largest batch:" not in side_by_side([quiet])
