"""The five metrics: who is called ahead, when nobody is, and that the terminal and the page are told the same."""

from __future__ import annotations

import statistics

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ahead import (
    DISTURBED,
    NO_DIFFERENCE,
    NO_OTHER_SIDE,
    NOT_COMPARED,
    NOT_MEASURED,
    TOO_FEW_TURNS,
    UNDECIDED,
    WITHIN,
    Verdict,
)
from harness.findings.five_metrics import UNEQUAL_EPOCHS, FiveMetrics, Metric, five_metrics, of_jobs
from harness.findings.ratio import MIN_TURNS, in_digits, ratio_of
from harness.record.case import Execution, Precision, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.findings.sides import FIRST, SECOND, THIRD, case, job, readings, side

NAMES = ["validation loss", "validation accuracy", "training time", "inference latency", "peak memory"]
WOBBLE = [float(each) for each in np.random.default_rng(1).normal(1, 0.005, 8)]


def of_style(measurements: list[Measurement], style: str = "stock") -> FiveMetrics:
    return next(each for each in five_metrics(measurements) if each.style == style)


def metrics(*measurements: Measurement) -> dict[str, Metric]:
    return {each.name: each for each in of_style(list(measurements)).metrics}


def wobbling(framework: str, seconds: float, loss: float, accuracy: float, peak_bytes: int, style: Style = Style.STOCK) -> Measurement:
    return job(framework, [seconds * each for each in WOBBLE], style, loss, accuracy, peak_bytes=peak_bytes)


def test_a_clear_winner_in_each() -> None:
    found = metrics(wobbling(FIRST, 10.0, 0.9, 0.70, 2 * 10**9), wobbling(SECOND, 14.0, 1.2, 0.60, 3 * 10**9))
    assert list(found) == NAMES
    assert {verdict.ahead for each in found.values() for verdict in each.verdicts} == {FIRST}
    assert [each.verdicts[0].text for each in found.values()] == [
        "PyTorch lower",
        "PyTorch higher",
        "PyTorch 1.40× faster",
        "PyTorch 1.40× faster",
        "PyTorch 1.50× lighter",
    ]
    assert found["peak memory"].verdicts[0].interval == "one run"
    assert found["validation accuracy"].verdicts[0].ratio == "+0.100"
    assert found["validation accuracy"].values == {FIRST: "0.700", SECOND: "0.600"}
    assert found["validation loss"].values == {FIRST: "0.9", SECOND: "1.2"}
    assert found["peak memory"].values == {FIRST: "1,907 MiB", SECOND: "2,861 MiB"}


def test_nobody_ahead() -> None:
    found = metrics(wobbling(FIRST, 10.0, 0.90, 0.70, 2 * 10**9), wobbling(SECOND, 10.05, 0.91, 0.71, 2 * 10**9))
    assert [each.verdicts[0].text for each in found.values()] == [NO_DIFFERENCE, NO_DIFFERENCE, WITHIN, WITHIN, WITHIN]


def test_winners_that_are_sure_are_named() -> None:
    slow = job(FIRST, [2.0, 2.1, 1.9], loss=3.0, accuracy=0.29, peak_bytes=2**31, images=200, deviation=1.0)
    fast = job(SECOND, [1.0, 1.05, 0.95], loss=1.5, accuracy=0.64, images=200, deviation=1.0)
    found = metrics(slow, fast)
    assert [each.verdicts[0].text for each in found.values()] == [
        "TensorFlow lower",
        "TensorFlow higher",
        "TensorFlow 2.00× faster",
        "TensorFlow 2.00× faster",
        "TensorFlow 2.00× lighter",
    ]
    assert found["training time"].values == {FIRST: "6 s, 2 s an epoch", SECOND: "3 s, 1 s an epoch"}
    assert found["inference latency"].values == {FIRST: "500 ms, 2.5 ms an image", SECOND: "250 ms, 1.25 ms an image"}
    assert (found["peak memory"].verdicts[0].ratio, found["peak memory"].verdicts[0].interval) == ("2.00", "one run")


def test_no_winner_is_named_by_chance() -> None:
    first = job(FIRST, [2.0, 2.2, 1.9], loss=1.50, accuracy=0.50, images=200, deviation=1.0)
    second = job(SECOND, [2.1, 2.0, 2.0], loss=1.45, accuracy=0.55, images=200, deviation=1.0)
    found = metrics(first, second)
    assert [each.verdicts[0].text for each in found.values()] == [NO_DIFFERENCE, NO_DIFFERENCE, UNDECIDED, UNDECIDED, WITHIN]


def test_newcombes_interval() -> None:
    """The example of Newcombe 1998, table II, row (a): 56/70 − 48/80, method 10."""
    found = metrics(job(FIRST, [2.0] * 3, accuracy=56 / 70, images=70), job(SECOND, [2.0] * 3, accuracy=48 / 80, images=80))
    assert found["validation accuracy"].verdicts[0].interval == "+0.052 … +0.334"


def test_too_few_epochs_are_not_called() -> None:
    found = metrics(job(FIRST, [2.0]), job(SECOND, [2.0]))
    assert found["training time"].verdicts == (Verdict(TOO_FEW_TURNS, other=SECOND, reference=FIRST),)


def test_disturbed_epochs_call_no_winner() -> None:
    found = metrics(job(FIRST, [2.0] * 4, disturbed=[0, 1]), job(SECOND, [1.0] * 4))
    assert found["training time"].verdicts == (Verdict(DISTURBED, other=SECOND, reference=FIRST),)


def test_disturbed_epochs_and_an_even_number_of_them_name_one_winner() -> None:
    """The page kept disturbed epochs and called TensorFlow 1.29 times faster; the terminal left them out and called PyTorch."""
    sound = [9.5 * (1 + place / 500) for place in range(36)]
    ours = job(FIRST, sound + [19.0] * 28, disturbed=range(36, 64))
    theirs = job(SECOND, [10.0 * (1 + place / 500) for place in range(36)] + [10.0] * 28)
    kept = ratio_of([each.training_seconds for each in ours.epochs], [each.training_seconds for each in theirs.epochs])
    assert kept.estimate > 1
    assert kept.shows_difference
    found = metrics(ours, theirs)
    for name in ("training time", "inference latency"):
        (verdict,) = found[name].verdicts
        assert (verdict.text, verdict.ahead, verdict.ratio) == ("PyTorch 1.05× faster", FIRST, "0.95")


def test_the_median_of_an_even_number_of_epochs_lies_between_two() -> None:
    found = metrics(job(FIRST, [8.0, 4.0, 16.0, 12.0]))
    assert found["training time"].values == {FIRST: "40 s, 10 s an epoch"}
    assert found["inference latency"].values == {FIRST: "2.5 s, 2.45 ms an image"}


@given(
    st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.booleans(), st.booleans()), min_size=1, max_size=10),
    st.sampled_from(["disturbed", "throttled"]),
)
def test_an_epoch_that_is_unsound_on_any_side_is_in_no_ratio(epochs: list[tuple[float, float, bool, bool]], how: str) -> None:
    ours, theirs = (
        job(framework, [each[place] for each in epochs], **{how: [turn for turn, each in enumerate(epochs) if each[2 + place]]})
        for place, framework in enumerate((FIRST, SECOND))
    )
    sound = [each for each in epochs if not (each[2] or each[3])]
    expected = ratio_of([each[0] for each in sound], [each[1] for each in sound])
    (verdict,) = metrics(ours, theirs)["training time"].verdicts
    if expected is None:
        assert (verdict.ahead, verdict.ratio) == ("", "")
        assert verdict.text == (TOO_FEW_TURNS if len(sound) == len(epochs) < MIN_TURNS else DISTURBED)
    elif ours.disturbed or theirs.disturbed:
        assert (verdict.ahead, verdict.text) == ("", DISTURBED)
    else:
        assert verdict.ratio == in_digits(expected.estimate)
        assert verdict.ahead == ("" if not expected.shows_difference else FIRST if expected.estimate < 1 else SECOND)


def test_unequal_numbers_of_epochs_are_not_called() -> None:
    found = metrics(job(FIRST, [1.0] * 4), job(SECOND, [2.0] * 3), job(THIRD, [3.0] * 4))
    for name in ("training time", "inference latency"):
        assert found[name].verdicts[0].text == UNEQUAL_EPOCHS
        assert [verdict.ahead for verdict in found[name].verdicts] == ["", FIRST]
    assert found["validation loss"].verdicts[0].text == NO_DIFFERENCE


def test_what_was_not_measured_says_so() -> None:
    for found in five_metrics([]):
        assert (found.frameworks, found.comparison, found.epochs) == ((), "", 0)
        assert [(each.name, each.values, each.verdicts, each.source) for each in found.metrics] == [
            (name, {}, (Verdict(NOT_MEASURED),), "") for name in NAMES
        ]


def test_one_side_alone_is_shown() -> None:
    found = metrics(job(FIRST, [1.0] * 4, peak_bytes=None))
    assert [each.verdicts for each in found.values()] == [(Verdict(NO_OTHER_SIDE, reference=FIRST),)] * 4 + [(Verdict(NOT_MEASURED),)]
    assert found["training time"].values == {FIRST: "4 s, 1 s an epoch"}


def test_styles_do_not_mix() -> None:
    found = metrics(job(FIRST, [1.0] * 4), job(SECOND, [1.0] * 4, Style.MATCHED))
    assert {each.verdicts for each in found.values()} == {(Verdict(NOT_MEASURED, other=SECOND, reference=FIRST),)}
    assert found["training time"].values == {FIRST: "4 s, 1 s an epoch", SECOND: "–"}


def test_three_sides_have_a_verdict_for_each_that_is_not_the_reference() -> None:
    found = of_style([job(THIRD, [4.0] * 4), job(SECOND, [1.0] * 4), job(FIRST, [2.0] * 4)])
    assert found.frameworks == (FIRST, SECOND, THIRD)
    assert (found.comparison, found.epochs) == ("fine tuning frozen stock bs8", 4)
    training = next(each for each in found.metrics if each.name == "training time")
    assert [(verdict.other, verdict.ahead, verdict.ratio) for verdict in training.verdicts] == [
        (SECOND, SECOND, "2.00"),
        (THIRD, FIRST, "0.50"),
    ]


def test_without_a_job_the_phases_that_have_them_tell_latency_and_memory() -> None:
    measured = [
        *(
            side(case(name, "inference", workload=Workload.INFERENCE, batch_size=1), seconds)
            for name, seconds in ((FIRST, 2e-3), (SECOND, 4e-3))
        ),
        *(side(case(name, "inference", workload=Workload.INFERENCE, batch_size=32), 1.0) for name in (FIRST, SECOND)),
        *(
            side(case(name, "memory"), 1.0, readings=readings(host_anonymous_bytes=size))
            for name, size in ((FIRST, 2**30), (SECOND, 2**29))
        ),
    ]
    told = of_style(measured, "matched")
    found = {each.name: each for each in told.metrics}
    assert (told.comparison, told.epochs) == ("", 0)
    assert found["inference latency"].values == {FIRST: "2.04 ms", SECOND: "4.08 ms"}
    assert found["inference latency"].verdicts[0].text == "PyTorch 2.00× faster"
    assert found["inference latency"].source == "inference matched bs1"
    assert found["peak memory"].values == {FIRST: "1,024 MiB", SECOND: "512 MiB"}
    assert found["peak memory"].verdicts[0].text == "TensorFlow 2.00× lighter"
    assert found["training time"].verdicts == (Verdict(NOT_MEASURED, other=SECOND),)


def test_a_job_that_one_side_ended_leaves_the_latency_to_the_phase_that_has_both() -> None:
    phase = [side(case(name, "inference", Style.STOCK, workload=Workload.INFERENCE, batch_size=1), 1e-3) for name in (FIRST, SECOND)]
    assert metrics(job(FIRST, [1.0] * 4), *phase)["inference latency"].source == "inference stock bs1"
    assert metrics(job(FIRST, [1.0] * 4), job(SECOND, [1.0] * 4), *phase)["inference latency"].source == "fine tuning frozen stock bs8"


def test_of_two_jobs_the_one_without_a_fusing_compiler_is_meant_and_the_terminal_has_both() -> None:
    jobs = [
        job(framework, [seconds] * 4, Style.MATCHED, execution=execution, precision=Precision.FP32)
        for execution, seconds in ((Execution.COMPILED, 1.0), (Execution.PLAIN, 2.0))
        for framework in (FIRST, SECOND)
    ]
    assert of_style(jobs, "matched").comparison == "fine tuning frozen matched plain fp32 bs8"
    assert [each.comparison for each in of_jobs(jobs)] == [f"fine tuning frozen matched {each} fp32 bs8" for each in ("compiled", "plain")]


def test_a_job_is_told_as_its_style_is() -> None:
    jobs = [job(framework, [1.0, 2.0, 3.0, 4.0]) for framework in (FIRST, SECOND)]
    assert of_jobs(jobs) == [of_style(jobs)]


def test_a_side_whose_job_ended_without_a_number_is_there() -> None:
    crashed = Measurement(case=case(SECOND, "fine_tuning", Style.STOCK), outcome=Outcome.CRASHED)
    (found,) = of_jobs([job(FIRST, [1.0] * 4), crashed])
    assert found == of_style([job(FIRST, [1.0] * 4), crashed])
    assert found.metrics[2].values == {FIRST: "4 s, 1 s an epoch", SECOND: "–"}
    assert found.metrics[2].verdicts == (Verdict(NOT_MEASURED, other=SECOND, reference=FIRST),)
    assert of_jobs([crashed]) == []


def test_a_run_of_long_ago_tells_no_deviation_and_no_rounds() -> None:
    old = [
        msgspec.structs.replace(each, figures={}, rounds=()) for each in (job(FIRST, [1.0] * 4, loss=0.5), job(SECOND, [2.0] * 4, loss=1.0))
    ]
    found = metrics(*old)
    assert found["validation loss"].verdicts == (Verdict("PyTorch 2.00× lower", FIRST, SECOND, "0.50", "one run", FIRST),)
    assert found["training time"].verdicts[0].text == "PyTorch 2.00× faster"
    zero = [msgspec.structs.replace(each, figures={}) for each in (job(FIRST, [1.0] * 4, loss=0.0), job(SECOND, [2.0] * 4))]
    assert metrics(*zero)["validation loss"].verdicts == (Verdict(NOT_COMPARED, other=SECOND, reference=FIRST),)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_not_compared(loss: float) -> None:
    found = metrics(job(FIRST, [1.0] * 4, loss=loss), job(SECOND, [1.0] * 4))
    assert found["validation loss"].verdicts == (Verdict(NOT_COMPARED, other=SECOND, reference=FIRST),)


def test_memory_that_one_side_could_not_read_is_not_measured_there() -> None:
    found = metrics(job(FIRST, [1.0] * 4), job(SECOND, [1.0] * 4, peak_bytes=None))["peak memory"]
    assert found.values == {FIRST: "1,024 MiB", SECOND: "–"}
    assert found.verdicts == (Verdict(NOT_MEASURED, other=SECOND, reference=FIRST),)


def test_medians_are_the_statistics_modules() -> None:
    seconds = [3.0, 1.0, 2.0, 10.0]
    assert metrics(job(FIRST, seconds))["training time"].values[FIRST].split(", ")[1] == f"{statistics.median(seconds):.3g} s an epoch"


def test_where_the_first_framework_failed_the_others_are_compared_with_each_other() -> None:
    crashed = Measurement(case=case(FIRST, "fine_tuning", Style.STOCK), outcome=Outcome.CRASHED)
    told = of_style([crashed, job(SECOND, [1.0] * 4), job(THIRD, [2.0] * 4)], "stock")
    training = told.metrics[2]
    assert told.frameworks == (FIRST, SECOND, THIRD)
    assert [(each.reference, each.other, each.ahead) for each in training.verdicts] == [(SECOND, FIRST, ""), (SECOND, THIRD, SECOND)]
    assert training.verdicts[0].text == NOT_MEASURED


def test_a_disturbed_third_side_takes_nothing_from_the_other_two() -> None:
    loud = job(THIRD, [2.0] * 4)
    loud = msgspec.structs.replace(loud, rounds=tuple(msgspec.structs.replace(each, foreign_cpu_share=0.5) for each in loud.rounds))
    training = of_style([job(FIRST, [1.0] * 4), job(SECOND, [2.0] * 4), loud], "stock").metrics[2]
    assert [each.text for each in training.verdicts] == ["PyTorch 2.00× faster", DISTURBED]
