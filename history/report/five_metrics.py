"""The report's table: validation loss and accuracy, training time, inference latency and memory, PyTorch against TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from harness.findings.difference import DEVIATION, of_accuracies, of_losses
from harness.findings.ratio import compared_meter, ratio, ratio_of, single
from harness.frameworks import FRAMEWORKS
from harness.record.case import Execution, Style, Workload
from harness.record.measurement import Epoch, Measurement
from harness.record.outcome import Outcome
from history.report import verdicts, words
from history.report.verdicts import NOT_MEASURED, Ahead, Verdict

STYLES = (Style.MATCHED, Style.STOCK)
Pair = tuple[Measurement, Measurement]


class Row(msgspec.Struct, frozen=True):
    metric: str
    first: str
    second: str
    verdict: Verdict
    source: str  # the comparison it comes from


class Table(msgspec.Struct, frozen=True):
    style: str
    rows: tuple[Row, ...]


def tables(measurements: Iterable[Measurement]) -> tuple[Table, ...]:
    measured = [each for each in measurements if each.outcome is Outcome.OK]
    return tuple(Table(style.value, _rows([each for each in measured if each.case.style is style])) for style in STYLES)


def _rows(measurements: list[Measurement]) -> tuple[Row, ...]:
    job = _pair(measurements, "fine_tuning")
    return (
        _row("validation loss", job, _loss),
        _row("validation accuracy", job, _accuracy),
        _row("training time", job, _training_time),
        _row("inference latency", job, _validation_time)
        if job
        else _row("inference latency", _pair(measurements, "inference", batch_size=1), _latency),
        _row("memory", job if job and _meter(job) else _pair(measurements, "memory", Workload.FROZEN), _memory),
    )


def _pair(measurements: list[Measurement], phase: Phase, workload: Workload | None = None, batch_size: int | None = None) -> Pair | None:
    """Both sides of the phase's first comparison, without a fusing compiler where there is the choice."""
    sides: dict[str, dict[str, Measurement]] = {}
    for each in measurements:
        case = each.case
        if case.phase is phase and workload in (None, case.workload) and batch_size in (None, case.batch_size):
            sides.setdefault(case.comparison, {})[case.framework] = each
    first, second = list(FRAMEWORKS)[:2]
    pairs = [(pair[first], pair[second]) for pair in sides.values() if first in pair and second in pair]
    return min(pairs, key=lambda pair: pair[0].case.execution not in (None, Execution.PLAIN), default=None)


def _row(metric: str, pair: Pair | None, compare: Callable[[Pair], tuple[str, str, Verdict] | None]) -> Row:
    found = compare(pair) if pair else None
    if pair is None or found is None:
        return Row(metric, words.NOTHING, words.NOTHING, Verdict(Ahead.UNKNOWN, NOT_MEASURED), "")
    return Row(metric, *found, pair[0].case.comparison)


def _loss(pair: Pair) -> tuple[str, str, Verdict] | None:
    if not all(each.epochs for each in pair):
        return None
    first, second = (each.epochs[-1].validation_loss for each in pair)
    if all(DEVIATION in each.figures for each in pair):
        verdict = verdicts.of_difference(of_losses(*pair), lower_is_better=True, adjective="lower", digits=".3f")
    else:
        verdict = verdicts.of_ratio(single(first, second) if second > 0 else None, "lower")
    return f"{first:.3f}", f"{second:.3f}", verdict


def _accuracy(pair: Pair) -> tuple[str, str, Verdict] | None:
    if not all(each.epochs for each in pair):
        return None
    first, second = (each.epochs[-1].validation_accuracy for each in pair)
    verdict = verdicts.of_difference(of_accuracies(*pair), lower_is_better=False, adjective="higher", digits=".1%")
    return f"{first:.1%}", f"{second:.1%}", verdict


def _training_time(pair: Pair) -> tuple[str, str, Verdict] | None:
    return _epochs(pair, lambda epoch: epoch.training_seconds, sum)


def _validation_time(pair: Pair) -> tuple[str, str, Verdict] | None:
    """Evaluation as `evaluate()` has it: one pass over the validation images."""
    return _epochs(pair, lambda epoch: epoch.validation_seconds, lambda seconds: sorted(seconds)[len(seconds) // 2])


def _epochs(pair: Pair, seconds: Callable[[Epoch], float], together: Callable[[list[float]], float]) -> tuple[str, str, Verdict] | None:
    if not all(each.epochs for each in pair):
        return None
    first, second = ([seconds(epoch) for epoch in each.epochs] for each in pair)
    verdict = verdicts.of_ratio(ratio_of(first, second) if len(first) == len(second) else None, "faster")
    return words.seconds(together(first)), words.seconds(together(second)), verdict


def _latency(pair: Pair) -> tuple[str, str, Verdict]:
    first, second = (each.median_step_seconds for each in pair)
    disturbed = any(each.disturbed for each in pair)
    return words.seconds(first), words.seconds(second), verdicts.of_ratio(ratio(*pair), "faster", disturbed)


def _memory(pair: Pair) -> tuple[str, str, Verdict] | None:
    meter = _meter(pair)
    if meter is None:
        return None
    first, second = (float(each.bytes_read(meter) or 0) for each in pair)
    return words.size(first), words.size(second), verdicts.of_ratio(single(first, second), "lighter")


def _meter(pair: Pair) -> str | None:
    """The one both are compared by, where both could read it."""
    meter = compared_meter(pair)
    return meter if all(each.bytes_read(meter) for each in pair) else None
