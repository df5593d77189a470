"""What tables show of a measurement: each phase's rows, as they are declared, and words where there is no number."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.figures import figures, items_per_second, known, shown, words
from harness.findings.overlap import with_figures
from harness.phases import PHASES
from harness.record.case import Workload
from harness.record.check import Check
from harness.record.figure import Figure, Together
from harness.record.measurement import LIMIT, LOADER, STEP, Measurement, ScalingPoint
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.findings.sides import FIRST, TURNS, case, job, readings, side


def reference(seconds: float) -> tuple[Round, ...]:
    return tuple(Round(seconds * (1 + turn / 100), 0.004, 0.0, turn) for turn in range(TURNS))


def rounds(count: int) -> tuple[Round, ...]:
    """Of 1 ms, 2 ms, and so on."""
    return tuple(Round(number / 1000, 0.001, 0.0, number) for number in range(1, count + 1))


LOADING = {"workload": Workload.LOADING}
LIMITED = {"references": {LIMIT: reference(0.003)}}
SCALED = {"scaling": (ScalingPoint(1, 500.0, 600.0, 1.0, 0.002), ScalingPoint(2, 900.0, 1200.0, 2.0, 0.002)), **LIMITED}
PIPELINE = {
    "restart_seconds": 0.0125,
    "accelerator_utilisation_at_200_images_per_second": 0.97,
    "accelerator_utilisation_at_800_images_per_second": 0.925,
    "accelerator_utilisation_at_3200_images_per_second": 0.651,
    "pixel_difference_max": 0.0,
}
FED = side(case(FIRST, "end_to_end"), 0.125, references={LOADER: reference(0.05), STEP: reference(0.1)}, figures={"wait_share": 0.0123})
JOB = [("epoch", "3.12 s"), ("first epoch", "1.25 s"), ("all epochs", "13.1 s"), ("images/s, training", "425")]
FORMAT = {
    "save_seconds": 0.5,
    "load_seconds": 0.255,
    "first_inference_seconds": 0.0125,
    "size_bytes": 12345678.0,
    "loading_includes_building": 1.0,
}


@pytest.mark.parametrize(
    ("measurement", "rows"),
    [
        (side(case(FIRST), 0.2), [("images/s", "39.2"), ("step", "204 ms"), ("first step", "200 ms")]),
        (
            side(case(FIRST), 0.2, figures={"model_flops_utilisation": 0.2954, "joules_per_image": 0.6891}),
            [("images/s", "39.2"), ("step", "204 ms"), ("of the chip's peak", "29.5%"), ("J/image", "0.689"), ("first step", "200 ms")],
        ),
        (
            side(case(FIRST, "inference", workload=Workload.INFERENCE, batch_size=1), 0.0004),
            [("p50", "408 µs"), ("p90", "under 10 steps"), ("p99", "under 100 steps"), ("first step", "200 ms")],
        ),
        (
            side(case(FIRST, "inference", workload=Workload.INFERENCE, batch_size=1), 0.0, rounds=rounds(100)),
            [("p50", "50.5 ms"), ("p90", "90.1 ms"), ("p99", "99 ms"), ("first step", "200 ms")],
        ),
        (
            side(case(FIRST, "inference", workload=Workload.INFERENCE), 0.0004),
            [("images/s", "19,608"), ("step", "408 µs"), ("first step", "200 ms")],
        ),
        (
            side(
                case(FIRST, "data_pipeline", **LOADING),
                0.004,
                figures=PIPELINE,
                readings=readings(host_tree_before_anonymous_bytes=2**30, host_tree_anonymous_bytes=2**30 + 70 * 2**20),
                **LIMITED,
            ),
            [
                ("images/s", "1,961"),
                ("of the limit", "75%"),
                ("CPU ms/image", "0.50"),
                ("first batch", "300 ms"),
                ("restart", "12.5 ms"),
                ("busy at 200 | 800 | 3200 images/s", "97 | 92 | 65 %"),
                ("memory without file pages", "70 MiB"),
                ("pixels off by", "0"),
            ],
        ),
        (
            side(case(FIRST, "memory"), 1.0, readings=readings(allocator_peak_bytes=2**30, host_peak_bytes=None)),
            [("device allocator peak", "1,024 MiB")],
        ),
        (
            side(
                case(FIRST, "largest_batch"),
                0.5,
                figures={"largest_batch_size": 1000.0, "smallest_out_of_memory_batch_size": 1060.0},
                readings=readings(allocator_peak_bytes=10**9),
            ),
            [("largest batch", "1,000"), ("out of memory at", "1,060"), ("images/s there", "1,961"), ("device allocator peak", "954 MiB")],
        ),
        (
            side(case(FIRST, "largest_batch"), 0.5, figures={"largest_batch_size": 65536.0}),
            [("largest batch", "65,536"), ("out of memory at", "–"), ("images/s there", "128,502")],
        ),
        (job(FIRST, [1.0, 2.0, 3.0, 4.5]), JOB),
        (
            msgspec.structs.replace(job(FIRST, [1.0, 2.0, 3.0, 4.5]), figures={"time_to_target_seconds": 3.75}),
            [*JOB, ("time to target", "3.75 s")],
        ),
        (
            msgspec.structs.replace(job(FIRST, [1.0, 2.0, 3.0, 4.5]), missing={"time_to_target_seconds": "it came to 0.7"}),
            [*JOB, ("time to target", "not reached")],
        ),
        (
            side(
                case(FIRST, "model_formats", workload=Workload.INFERENCE, model_format="keras"),
                0.25,
                figures=FORMAT,
                checks=(Check("logits", 3.21e-7, 1e-4, "standard deviations"),),
            ),
            [
                ("save", "500 ms"),
                ("load", "255 ms"),
                ("first inference", "12.5 ms"),
                ("size", "11.8 MiB"),
                ("loading builds the network", "yes"),
                ("logits differ by (standard deviations)", "3e-07"),
            ],
        ),
        (
            with_figures(FED),
            [
                ("together, images/s", "62.7"),
                ("loader alone, images/s", "157"),
                ("step alone, images/s", "78.4"),
                ("verdict", "slowed by loading by 20%"),
                ("lost to loading, 95% interval", "20.0 – 20.0%"),
                ("overlap", "0.50"),
                ("overlap, 95% interval", "0.50 – 0.50"),
                ("waiting in the pipeline", "1.2%"),
                ("first step", "200 ms"),
            ],
        ),
        (
            with_figures(msgspec.structs.replace(FED, rounds=FED.rounds[:2])),
            [
                ("together, images/s", "63.7"),
                ("loader alone, images/s", "157"),
                ("step alone, images/s", "78.4"),
                ("verdict", "not called: too few turns"),
                ("waiting in the pipeline", "1.2%"),
                ("first step", "200 ms"),
            ],
        ),
        (
            side(case(FIRST, "pipeline_scaling", **LOADING), 0.004, **SCALED),
            [
                ("images/s", "1,961"),
                ("of the limit", "75%"),
                ("CPU ms/image", "0.50"),
                ("grows up to (workers)", "2"),
                ("first batch", "300 ms"),
            ],
        ),
        (
            side(case(FIRST, "pipeline_scaling", **LOADING), 0.004, foreign_share=0.5, **SCALED),
            [
                ("images/s", "1,961"),
                ("of the limit", "disturbed"),
                ("CPU ms/image", "0.50"),
                ("grows up to (workers)", "disturbed"),
                ("first batch", "300 ms"),
            ],
        ),
    ],
    ids=lambda value: value.case.phase if isinstance(value, Measurement) else "",
)
def test_each_phase_has_its_rows(measurement: Measurement, rows: list[tuple[str, str]]) -> None:
    assert [(each.title, each.text) for each in shown(measurement)] == rows


def test_a_pipelines_memory_of_old_runs_keeps_its_name_and_has_a_title_of_its_own() -> None:
    """File pages were counted in: one name for both, or one title, would join two quantities to one series on the page and in the CSV."""
    old = readings(host_tree_before_bytes=2**30, host_tree_bytes=2**30 + 200 * 2**20)
    new = readings(host_tree_before_anonymous_bytes=2**29, host_tree_anonymous_bytes=2**29 + 70 * 2**20)
    sides = [side(case(FIRST, "data_pipeline", **LOADING), 0.004, readings=each) for each in (old, new)]
    rows = [{row.title: row.text for row in shown(each) if "memory" in row.title} for each in sides]
    assert rows == [{"memory": "200 MiB"}, {"memory without file pages": "70 MiB"}]
    of_old, of_new = ({name for name in figures(each) if "_tree_" in name or name.startswith("pipeline_")} for each in sides)
    assert not of_old & of_new
    titles = known()
    assert not {name for name in of_old if "anonymous" in titles[name].title}
    assert len({titles[name].title for name in of_old | of_new}) == len(of_old | of_new)


def test_every_phase_shows_something_of_what_is_declared() -> None:
    for name, phase in PHASES.items():
        declared = [figure for each in phase.figures for figure in (each.figures if isinstance(each, Together) else (each,))]
        everything = {each.of("image").name: 1.0 for each in declared}
        measurement = side(case(FIRST, name, workload=phase.workload or Workload.FROZEN), 1.0, figures=everything)
        titles = [each.title for each in shown(measurement)]
        assert len(titles) == len(set(titles)) > 0
        assert not any("{" in title for title in titles)


def test_the_word_for_what_a_batch_is_made_of_is_the_models() -> None:
    measurement = side(case(FIRST), 0.2, item="sentence", figures={"joules_per_sentence": 2.0})
    assert [(each.title, each.names) for each in shown(measurement)][:2] == [
        ("sentences/s", ("sentences_per_second",)),
        ("step", ("step_seconds",)),
    ]
    assert ("J/sentence", "2") in [(each.title, each.text) for each in shown(measurement)]
    assert figures(measurement).keys() >= {"sentences_per_second", "cpu_seconds_per_sentence"}
    assert known(["sentence"])["sentences_per_second"].title == "sentences/s"


def test_a_part_of_what_is_read_together_keeps_its_place() -> None:
    of_two = {name: value for name, value in PIPELINE.items() if "_800_" not in name}
    row = next(
        each for each in shown(side(case(FIRST, "data_pipeline", **LOADING), 0.004, figures=of_two)) if each.title.startswith("busy")
    )
    assert (row.title, row.text) == ("busy at 200 | 800 | 3200 images/s", "97 | – | 65 %")
    assert len(row.names) == 2


def test_a_phase_that_is_no_more_shows_all_its_figures() -> None:
    measurement = side(case(FIRST, "of_long_ago"), 0.2, figures={"some_thing": 12.345})
    rows = {each.title: each.text for each in shown(measurement)}
    assert rows["some thing"] == "12.3"
    assert (rows["images/s"], rows["step"], rows["p50"]) == ("39.2", "204 ms", "204 ms")


def test_what_the_measurement_itself_has_wins() -> None:
    assert figures(side(case(FIRST), 0.2, figures={"step_seconds": 7.0}))["step_seconds"] == 7.0


def test_of_what_was_not_measured_rounds_say_nothing() -> None:
    failed = msgspec.structs.replace(side(case(FIRST), 0.2), outcome=Outcome.UNFENCED, cold_start=None)
    assert figures(failed) == {}


def test_items_a_second_are_those_of_the_batch_that_was_measured() -> None:
    assert items_per_second(side(case(FIRST), 1.0)) == pytest.approx(8 / 1.02)
    assert items_per_second(side(case(FIRST, "largest_batch"), 1.0, figures={"largest_batch_size": 100.0})) == pytest.approx(100 / 1.02)
    assert items_per_second(job(FIRST, [1.0, 2.0, 4.0, 8.0])) == pytest.approx((1020 / 2 + 1020 / 4) / 2)
    assert items_per_second(side(case(FIRST, "model_formats", workload=Workload.INFERENCE), 1.0)) is None
    assert items_per_second(Measurement(case=case(FIRST), outcome=Outcome.CRASHED)) is None


def test_words_stand_only_where_a_number_is_not_called() -> None:
    loading = case(FIRST, "data_pipeline", **LOADING)
    assert words(side(loading, 0.004, steps_per_round=4, **LIMITED)) == {}
    assert words(side(loading, 0.004, foreign_share=0.5, steps_per_round=4, **LIMITED)) == {"share_of_limit": "disturbed"}
    few = side(loading, 0.004, steps_per_round=4, **LIMITED)
    assert words(msgspec.structs.replace(few, rounds=few.rounds[:2])) == {"share_of_limit": "too few turns"}


@pytest.mark.parametrize(
    ("steps", "told", "lacking"),
    [
        (9, {"p50_seconds"}, {"p90_seconds": "under 10 steps", "p99_seconds": "under 100 steps"}),
        (10, {"p50_seconds", "p90_seconds"}, {"p99_seconds": "under 100 steps"}),
        (99, {"p50_seconds", "p90_seconds"}, {"p99_seconds": "under 100 steps"}),
        (100, {"p50_seconds", "p90_seconds", "p99_seconds"}, {}),
    ],
)
def test_a_percentile_of_too_few_steps_says_how_many_it_takes(steps: int, told: set[str], lacking: dict[str, str]) -> None:
    measurement = side(case(FIRST, "inference", workload=Workload.INFERENCE, batch_size=1), 0.0, rounds=rounds(steps))
    percentiles = {name for name in figures(measurement) if name in ("p50_seconds", "p90_seconds", "p99_seconds")}
    assert percentiles == told
    assert words(measurement) == lacking


@given(st.sampled_from(sorted(PHASES)), st.dictionaries(st.sampled_from(sorted(known())), st.floats(-1e12, 1e12), max_size=8))
def test_whatever_the_figures_they_can_be_written(phase: str, found: dict[str, float]) -> None:
    for row in shown(side(case(FIRST, phase), 0.2, figures=found)):
        assert row.title
        assert row.text


def test_each_known_figure_has_one_name_and_a_title() -> None:
    for name, figure in known().items():
        assert isinstance(figure, Figure)
        assert name == figure.name
        assert figure.title
