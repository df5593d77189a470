"""All that a measurement says in numbers and in words, by name, and what a table shows of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

import msgspec

from harness.findings.comparison import phase_of
from harness.findings.exchange import exchange_words
from harness.findings.overlap import overlap_words
from harness.findings.ranks import largest_ranks
from harness.findings.ratio import limit_share
from harness.findings.scaling import called_growth
from harness.phases import PHASES
from harness.phases.figures import OF_THE_GPU, PERCENTS, rounds_of
from harness.record.figure import BATCH, SINGLE, Figure, Together, Unit, worded
from harness.record.measurement import LIMIT, LOADER, STEP, Measurement, rank_of
from harness.record.outcome import Outcome


class Shown(msgspec.Struct, frozen=True):
    """A row of a table: a title, and what is written below it."""

    title: str
    text: str
    names: tuple[str, ...]  # of the figures that it shows


def figures(measurement: Measurement) -> dict[str, float]:
    """Numbers by name, the unit in each. What the measurement itself has wins over what is derived here.

    Percentiles are there where each round is a single step: of rounds of several steps they would say nothing of the slow ones.
    """
    found: dict[str, float] = {}
    if measurement.rounds and measurement.outcome is Outcome.OK:
        found |= _of_rounds(measurement)
    cold = measurement.cold_start
    if cold is not None:
        found |= {"first_step_seconds": cold.first_step_seconds, "build_seconds": cold.build_seconds}
        if LIMIT in measurement.references:
            found["first_batch_seconds"] = cold.first_batch_seconds
    found |= _of_epochs(measurement)
    own = (each for each in measurement.readings if not rank_of(each.name)[1])
    found |= {reading.name: float(reading.value_bytes) for reading in own if reading.value_bytes is not None}
    found |= largest_ranks(measurement)  # of the further ranks' readings this alone: their names would be as many as there are ranks
    for kind in ("anonymous_bytes", "bytes"):  # the latter, file pages included, in runs that did not tell them apart
        if {f"host_tree_before_{kind}", f"host_tree_{kind}"} <= found.keys():
            found[f"pipeline_{kind}"] = found[f"host_tree_{kind}"] - found[f"host_tree_before_{kind}"]
    for name in (LOADER, STEP):
        if seconds := measurement.figures.get(f"{name}_alone_seconds_per_step"):
            found[f"{name}_alone_{measurement.item}s_per_second"] = measurement.case.batch_size / seconds
    found |= {f"{check.name.replace(' ', '_')}_difference": check.difference for check in measurement.checks}
    return found | measurement.figures


def items_per_second(measurement: Measurement) -> float | None:
    """None where nothing passes through: a model that is saved and loaded."""
    phase = phase_of(measurement.case)
    if (phase and not phase.counts_items) or not measurement.rounds:
        return None
    if measurement.epochs:
        return statistics.median(each.training_images / each.training_seconds for each in measurement.epochs)
    return measurement.batch_size / measurement.median_step_seconds


def words(measurement: Measurement) -> dict[str, str]:
    """What is said in the place of a number, by the number's name."""
    found = overlap_words(measurement) | exchange_words(measurement)
    if LIMIT in measurement.references and limit_share(measurement) is None:
        found["share_of_limit"] = "disturbed" if measurement.disturbed else "too few turns"
    if measurement.scaling:
        end = called_growth(measurement)
        found["grows_up_to_workers"] = str(end.last.workers) if end else "disturbed"
    if measurement.steps_per_round == 1 and measurement.rounds:
        lacking = [percent for percent in PERCENTS if len(measurement.rounds) < rounds_of(percent)]
        found |= {f"p{percent}_seconds": f"under {rounds_of(percent)} steps" for percent in lacking}
    if "time_to_target_seconds" in measurement.missing:
        found["time_to_target_seconds"] = "not reached"
    return found


def shown(measurement: Measurement) -> list[Shown]:
    """The rows that the tables of its phase have, of what there is of it."""
    phase = phase_of(measurement.case)
    numbers, said = figures(measurement), words(measurement)
    declared = phase.figures if phase else _undeclared(measurement.item, numbers)
    found = []
    for each in declared:
        if isinstance(each, Together):
            rows = [figure.of(measurement.item) for figure in each.figures]
            there = [figure for figure in rows if figure.name in numbers]
            if there:
                found.append(Shown(worded(each.title, measurement.item), _joined(rows, numbers), tuple(figure.name for figure in there)))
            continue
        figure = each.of(measurement.item)
        if figure.batch and figure.batch != (SINGLE if measurement.case.batch_size == 1 else BATCH):
            continue
        text = said.get(figure.name) or (figure.written(numbers[figure.name]) if figure.name in numbers else figure.absent)
        if text is not None:
            found.append(Shown(figure.title, text, (figure.name,)))
    return found


def known(items: Iterable[str] = ("image",)) -> dict[str, Figure]:
    """Each figure that some phase declares, by its name, as it is called where no table stands around it: what a phase has further wins."""
    phases = PHASES.values()
    further = [figure for phase in phases for figure in phase.further]
    tabled = [each for phase in phases for each in (*phase.figures, phase.watched.figure)]
    flat = [figure for each in tabled for figure in (each.figures if isinstance(each, Together) else (each,))]
    found: dict[str, Figure] = {}
    for item in items:
        for figure in (*further, *OF_THE_GPU, *flat):
            named = figure.of(item)
            found.setdefault(named.name, named)
    return found


def _undeclared(item: str, numbers: Iterable[str]) -> tuple[Figure, ...]:
    """All there are, for a phase that this suite has not, or no longer."""
    ours = known((item,))
    found = (ours.get(name) or Figure(name, name.replace("_", " "), Unit.NUMBER) for name in numbers)
    return tuple(msgspec.structs.replace(figure, batch="") for figure in found)


def _of_rounds(measurement: Measurement) -> dict[str, float]:
    item, rounds = measurement.item, measurement.rounds
    found = {"step_seconds": measurement.median_step_seconds}
    throughput = items_per_second(measurement)
    if throughput is not None:
        items = measurement.batch_size * measurement.steps_per_round * len(rounds)
        found[f"{item}s_per_second"] = throughput
        found[f"cpu_seconds_per_{item}"] = sum(round_.cpu_seconds for round_ in rounds) / items
    share = limit_share(measurement)
    if share is not None:
        found["share_of_limit"] = share.estimate
    if measurement.steps_per_round == 1 and len(rounds) > 1:
        enough = [percent for percent in PERCENTS if len(rounds) >= rounds_of(percent)]
        found |= {f"p{percent}_seconds": measurement.percentile_seconds(percent) for percent in enough}
    device_seconds = [round_.device_seconds for round_ in rounds if round_.device_seconds is not None]
    if device_seconds:
        found["device_step_seconds"] = statistics.median(device_seconds) / measurement.steps_per_round
    throttled = [round_.throttled_share for round_ in rounds if round_.throttled_share is not None]
    if throttled:
        found["throttled_share"] = statistics.fmean(throttled)
    return found


def _of_epochs(measurement: Measurement) -> dict[str, float]:
    if not measurement.epochs:
        return {}
    seconds = [epoch.training_seconds + epoch.validation_seconds for epoch in measurement.epochs]
    last = measurement.epochs[-1]
    return {
        "epoch_seconds": statistics.median(seconds),
        "first_epoch_seconds": seconds[0],
        "all_epochs_seconds": sum(seconds),
        "epoch_training_seconds": statistics.median(epoch.training_seconds for epoch in measurement.epochs),
        "validation_seconds": statistics.median(epoch.validation_seconds for epoch in measurement.epochs),
        "validation_loss": last.validation_loss,
        "validation_accuracy": last.validation_accuracy,
    }


def _joined(found: list[Figure], numbers: dict[str, float]) -> str:
    """The unit once, at the end."""
    texts = [figure.written(numbers.get(figure.name)) for figure in found]
    if found[0].unit is Unit.SHARE:
        return f"{' | '.join(text.removesuffix('%') for text in texts)} %"
    return " | ".join(texts)
