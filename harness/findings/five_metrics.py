"""The five metrics of the report that this suite grew out of: of whole jobs, and where there is none, of the phases that have them too."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Iterable, Sequence

import msgspec

from harness.findings.ahead import NO_OTHER_SIDE, NOT_COMPARED, NOT_MEASURED, Verdict, called, called_difference, verdict
from harness.findings.comparison import Comparison, comparisons, phase_of, title_of
from harness.findings.difference import DEVIATION, of_accuracies, of_losses
from harness.findings.models import by_model, headed, told_apart
from harness.findings.ratio import compared_meter, ratio_of, single
from harness.findings.sides import ordered
from harness.phases.declaration import Answer, Compared
from harness.record.case import DEFAULT_MODEL, Execution, Style, Workload
from harness.record.figure import NOTHING, seconds, size, worded
from harness.record.measurement import Epoch, Measurement
from harness.record.outcome import Outcome

STYLES = (Style.MATCHED, Style.STOCK)
_TOLD_APART = frozenset({"model"})  # the axes that a title names behind those of the case
Compare = Callable[[Measurement, Measurement], Verdict]
UNEQUAL_EPOCHS = "not called: unequal numbers of epochs"


class Metric(msgspec.Struct, frozen=True):
    name: str
    values: dict[str, str]  # by framework, written out
    verdicts: tuple[Verdict, ...]  # of the reference against each other framework, in their order; one where there is no other
    source: str  # the title of the comparison that it comes from; "": it was not measured


class FiveMetrics(msgspec.Struct, frozen=True):
    style: str
    frameworks: tuple[str, ...]  # in the order of their listing; of each metric the first that was measured is the reference
    metrics: tuple[Metric, ...]
    comparison: str  # the title of the job, without its model; "": none was measured
    epochs: int  # of the job
    model: str = ""  # its title, where it needs telling

    @property
    def heading(self) -> str:
        return headed(self.style, self.model)

    @property
    def is_measured(self) -> bool:
        """Any of them."""
        return any(metric.source for metric in self.metrics)


def five_metrics(measurements: Iterable[Measurement], compare: Compare = verdict) -> list[FiveMetrics]:
    """One a model and style. Where several jobs or batches were measured, the one with the most sides that has no fusing compiler.

    Where several models stand together, only of those of which any metric was measured. compare: two sides by their rounds.
    """
    everything = list(measurements)
    frameworks, titles = _frameworks(everything), told_apart(everything)
    found = [
        _of_style(style, titles.get(model, ""), frameworks, [each for each in own if each.case.style is style], compare)
        for model, own in (by_model(everything) or {DEFAULT_MODEL: []}).items()
        for style in STYLES
    ]
    return [each for each in found if len(titles) < 2 or each.is_measured]


def of_jobs(measurements: Iterable[Measurement]) -> list[FiveMetrics]:
    """One a job."""
    everything = list(measurements)
    titles, found = told_apart(everything), []
    for comparison in comparisons(everything):
        job = _only(comparison, lambda each: each.outcome is Outcome.OK and bool(each.epochs))
        if job is not None:
            case = job.reference.case
            found.append(_told(case.style, titles[case.model], _frameworks(comparison.sides), job, None, None, verdict))
    return found


def _of_style(style: Style, model: str, frameworks: tuple[str, ...], measurements: Sequence[Measurement], compare: Compare) -> FiveMetrics:
    measured = [each for each in measurements if each.outcome is Outcome.OK]
    job, latency, memory = (list(filter(belongs, measured)) for belongs in (_is_job, _is_latency, _is_memory))
    if any(
        each.case.workload is Workload.FROZEN for each in measurements
    ):  # the work that the report had; not every model has a part to freeze
        memory = [each for each in memory if each.case.workload is Workload.FROZEN]
    return _told(style, model, frameworks, _best(job), _best(latency), _best(memory), compare)


def _told(
    style: Style,
    model: str,
    frameworks: tuple[str, ...],
    job: Comparison | None,
    latency: Comparison | None,
    memory: Comparison | None,
    compare: Compare,
) -> FiveMetrics:
    metrics = (
        _metric("validation loss", frameworks, job, _loss, _compared_losses),
        _metric("validation accuracy", frameworks, job, _accuracy, _compared_accuracies),
        _metric("training time", frameworks, job, _training_time, functools.partial(_compared_epochs, _training)),
        _inference_latency(frameworks, job, latency, compare),
        _peak_memory(frameworks, job, memory),
    )
    return FiveMetrics(
        style, frameworks, metrics, title_of(job.reference.case, _TOLD_APART) if job else "", len(job.reference.epochs) if job else 0, model
    )


def _inference_latency(frameworks: tuple[str, ...], job: Comparison | None, latency: Comparison | None, compare: Compare) -> Metric:
    found = _widest(job, latency)
    if found is job:
        return _metric("inference latency", frameworks, job, _validation_time, functools.partial(_compared_epochs, _validation))
    return _metric("inference latency", frameworks, found, lambda each: seconds(each.median_step_seconds), compare)


def _peak_memory(frameworks: tuple[str, ...], job: Comparison | None, memory: Comparison | None) -> Metric:
    found = _widest(*(each and _only(each, _reads(each)) for each in (job, memory)))
    meter = compared_meter(found.sides) if found else ""
    return _metric("peak memory", frameworks, found, functools.partial(_peak, meter), functools.partial(_compared_peaks, meter))


def _metric(
    name: str,
    frameworks: tuple[str, ...],
    found: Comparison | None,
    value: Callable[[Measurement], str],
    compare: Compare,
) -> Metric:
    sides = {each.case.framework: each for each in found.sides} if found else {}
    values = {framework: value(sides[framework]) if framework in sides else NOTHING for framework in frameworks}
    reference = next((each for each in frameworks if each in sides), "")  # the first that was measured
    others = [each for each in frameworks if each != reference] if reference else frameworks[1:]
    verdicts = [
        compare(sides[reference], sides[other]) if other in sides else Verdict(NOT_MEASURED, other=other, reference=reference)
        for other in others
    ]
    alone = Verdict(NO_OTHER_SIDE if sides else NOT_MEASURED, reference=reference)
    return Metric(name, values, tuple(verdicts or [alone]), found.title if found else "")


def _compared_losses(first: Measurement, second: Measurement) -> Verdict:
    """Runs of long ago do not tell the deviation over the images: then it is a ratio without a width."""
    frameworks = _names(first, second)
    ours, theirs = (each.epochs[-1].validation_loss for each in (first, second))
    if not (math.isfinite(ours) and math.isfinite(theirs)):
        return Verdict(NOT_COMPARED, other=second.case.framework, reference=first.case.framework)
    if all(DEVIATION in each.figures for each in (first, second)):
        return called_difference(of_losses(first, second), frameworks, lower_is_better=True, adjective="lower", digits=".3f")
    if min(ours, theirs) <= 0:
        return Verdict(NOT_COMPARED, other=second.case.framework, reference=first.case.framework)
    return called(single(ours, theirs), frameworks, "lower", disturbed=False)


def _compared_accuracies(first: Measurement, second: Measurement) -> Verdict:
    found = of_accuracies(first, second)
    return called_difference(found, _names(first, second), lower_is_better=False, adjective="higher", digits=".3f")


def _compared_epochs(duration: Callable[[Epoch], float], first: Measurement, second: Measurement) -> Verdict:
    """From the epochs in which neither side was disturbed or throttled."""
    if len(first.epochs) != len(second.epochs):
        return Verdict(UNEQUAL_EPOCHS, other=second.case.framework, reference=first.case.framework)
    left_out = {place for each in (first, second) for place, round_ in enumerate(each.rounds) if not round_.sound}
    ours, theirs = ([duration(epoch) for place, epoch in enumerate(each.epochs) if place not in left_out] for each in (first, second))
    found = ratio_of(ours, theirs)
    disturbed = first.disturbed or second.disturbed or (found is None and bool(left_out))
    return called(found, _names(first, second), Compared.TURNS, disturbed)


def _compared_peaks(meter: str, first: Measurement, second: Measurement) -> Verdict:
    ours, theirs = (each.bytes_read(meter) or 0 for each in (first, second))
    return called(single(ours, theirs), _names(first, second), Compared.METER, disturbed=False)


def _loss(measurement: Measurement) -> str:
    return f"{measurement.epochs[-1].validation_loss:.4g}"


def _accuracy(measurement: Measurement) -> str:
    return f"{measurement.epochs[-1].validation_accuracy:.3f}"


def _training_time(measurement: Measurement) -> str:
    """Of all epochs, the first one's tracing and autotuning among them, and of the median one, which the ratio is about."""
    durations = [_training(epoch) for epoch in measurement.epochs]
    return f"{seconds(sum(durations))}, {seconds(statistics.median(durations))} an epoch"


def _validation_time(measurement: Measurement) -> str:
    """As `evaluate()` has it, over the whole validation set, and of one item of it: the median epoch's."""
    found = statistics.median(_validation(epoch) for epoch in measurement.epochs)
    of_one = seconds(found / measurement.epochs[-1].validation_images)
    return f"{seconds(found)}, {of_one} {worded('{an_item}', measurement.item)}"


def _peak(meter: str, measurement: Measurement) -> str:
    return size(measurement.bytes_read(meter) or 0)


def _training(epoch: Epoch) -> float:
    return epoch.training_seconds


def _validation(epoch: Epoch) -> float:
    return epoch.validation_seconds


def _is_job(measurement: Measurement) -> bool:
    return bool(measurement.epochs)


def _is_latency(measurement: Measurement) -> bool:
    """One item alone through the network."""
    return Answer.LATENCY in _answers(measurement) and measurement.case.batch_size == 1


def _is_memory(measurement: Measurement) -> bool:
    return Answer.PEAK in _answers(measurement)


def _answers(measurement: Measurement) -> frozenset[Answer]:
    phase = phase_of(measurement.case)
    return phase.answers if phase else frozenset()


def _reads(comparison: Comparison) -> Callable[[Measurement], bool]:
    meter = compared_meter(comparison.sides)
    return lambda each: bool(each.bytes_read(meter))


def _only(comparison: Comparison, belongs: Callable[[Measurement], bool]) -> Comparison | None:
    sides = tuple(filter(belongs, comparison.sides))
    return Comparison(comparison.title, sides) if sides else None


def _best(measurements: Iterable[Measurement]) -> Comparison | None:
    """The one with the most sides; of those, the first without a fusing compiler, where there is the choice."""

    def rank(comparison: Comparison) -> tuple[int, bool]:
        return -len(comparison.sides), comparison.reference.case.execution not in (None, Execution.PLAIN)

    return min(comparisons(measurements), key=rank, default=None)


def _widest(*found: Comparison | None) -> Comparison | None:
    """The first of those with the most sides."""
    return max((each for each in found if each), key=lambda each: len(each.sides), default=None)


def _frameworks(measurements: Iterable[Measurement]) -> tuple[str, ...]:
    return ordered(each.case.framework for each in measurements)


def _names(first: Measurement, second: Measurement) -> tuple[str, str]:
    return first.case.framework, second.case.framework
