"""The five metrics of the report that this suite grew out of, in the shape of its table, with the winner and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from harness.findings.difference import Difference, of_accuracies, of_losses
from harness.findings.ratio import CONFIDENCE, Ratio, compared_meter, ratio_of, single
from harness.frameworks import FRAMEWORKS
from harness.record.measurement import Measurement

MIB = 2**20
NO_WINNER = "no difference shown"


class Metric(msgspec.Struct, frozen=True):
    """A row: what either side has, who is better, and the interval of the difference or ratio."""

    name: str
    values: tuple[str, str]
    winner: str
    interval: str


def five_metrics(first: Measurement, second: Measurement) -> Iterator[Metric]:
    """The rows for two sides of one fine-tuning."""
    losses, accuracies = of_losses(first, second), of_accuracies(first, second)
    lower, higher = (first if losses.estimate < 0 else second), (first if accuracies.estimate > 0 else second)
    ours, theirs = first.epochs[-1], second.epochs[-1]
    yield Metric("validation loss", (f"{ours.validation_loss:.4g}", f"{theirs.validation_loss:.4g}"), *_winner(lower, losses))
    yield Metric(
        "validation accuracy", (f"{ours.validation_accuracy:.3f}", f"{theirs.validation_accuracy:.3f}"), *_winner(higher, accuracies)
    )
    sound = [place for place, rounds in enumerate(zip(first.rounds, second.rounds, strict=True)) if all(each.sound for each in rounds)]
    training = [[each.epochs[place].training_seconds for place in sound] for each in (first, second)]
    totals = (_training_time(first), _training_time(second))
    yield Metric("training time", totals, *_called(first, second, ratio_of(*training), "faster"))
    evaluation = [[each.epochs[place].validation_seconds for place in sound] for each in (first, second)]
    latencies = (_latency(first), _latency(second))
    yield Metric("inference latency", latencies, *_called(first, second, ratio_of(*evaluation), "faster"))
    peaks = _peaks(first, second)
    if peaks is not None:
        sizes = (f"{peaks[0] / MIB:,.0f} MiB", f"{peaks[1] / MIB:,.0f} MiB")
        yield Metric("peak memory", sizes, *_called(first, second, single(*peaks), "lighter"))


def five_metrics_table(first: Measurement, second: Measurement) -> Table:
    titles = [FRAMEWORKS[each.case.framework].title for each in (first, second)]
    heading = f"The report's five metrics: {first.case.comparison}, {len(first.epochs)} epochs"
    table = Table(title=heading, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("metric", *titles, "winner", f"{CONFIDENCE:.0%} interval of the difference, × of the ratio"):
        table.add_column(name, no_wrap=True, justify="right" if name in titles else "left")
    for metric in five_metrics(first, second):
        table.add_row(metric.name, *metric.values, metric.winner, metric.interval)
    return table


def _winner(better: Measurement, difference: Difference) -> tuple[str, str]:
    title = FRAMEWORKS[better.case.framework].title if difference.is_shown else NO_WINNER
    return title, f"{difference.low:+.3f} … {difference.high:+.3f}"


def _called(first: Measurement, second: Measurement, found: Ratio | None, adjective: str) -> tuple[str, str]:
    if found is None:
        return "not called: disturbed, or too few epochs", ""
    interval = f"× {found.low:.2f} – {found.high:.2f}" if found.low < found.high else f"× {found.estimate:.2f}, one run"
    if not found.shows_difference:
        return NO_WINNER, interval
    better = first if found.estimate < 1 else second
    return f"{FRAMEWORKS[better.case.framework].title}, {found.factor:.2f}× {adjective}", interval


def _training_time(measurement: Measurement) -> str:
    """Of all epochs, the first one's tracing and autotuning among them, and of the median one, which the ratio is about."""
    seconds = [epoch.training_seconds for epoch in measurement.epochs]
    return f"{sum(seconds):.3g} s, {median(seconds):.3g} s an epoch"


def _latency(measurement: Measurement) -> str:
    """As `evaluate()` has it, over the whole validation set, and of one image of it: the median epoch's."""
    seconds = median(epoch.validation_seconds for epoch in measurement.epochs)
    return f"{seconds:.3g} s, {1e3 * seconds / measurement.epochs[-1].validation_images:.3g} ms an image"


def _peaks(first: Measurement, second: Measurement) -> tuple[float, float] | None:
    meter = compared_meter((first, second))
    ours, theirs = first.bytes_read(meter), second.bytes_read(meter)
    return (float(ours), float(theirs)) if ours and theirs else None
