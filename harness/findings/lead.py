"""Which way of loading is the fastest, and by how much one framework's is ahead of the others'."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from harness.findings.comparison import phase_of, title_of
from harness.findings.models import by_model, headed, told_apart
from harness.findings.ratio import CONFIDENCE, Ratio, limit_share, ratio
from harness.frameworks import FRAMEWORKS, title
from harness.phases.declaration import Answer
from harness.record.case import Case, Style
from harness.record.measurement import LIMIT, PIXEL_TOLERANCE, Measurement
from harness.record.round import Round

TUNED = "tuned"
STOCK = "the report's set-up"
LEAST_CPU_SHARE = 0.5  # of the CPU time an image that the limit takes: who needs less does not decode, but copies from somewhere


class Lead(msgspec.Struct, frozen=True):
    ways: tuple[Measurement, ...]  # the best of each framework, the best of all first
    ratios: tuple[Ratio | None, ...]  # of time a step, of the first over each of the others: below 1. None: too few turns
    model: str = ""  # its title, where it needs telling


def name(measurement: Measurement) -> str:
    """Of a way of loading: what `matched` has is the tuned one, `stock` the report's set-up."""
    case = measurement.case
    return case.strategy or (TUNED if case.style is Style.MATCHED else case.style)


def line(case: Case) -> str:
    """What that way of loading is. Empty where it is not known: a run of long ago may have a strategy that is no more."""
    if case.framework not in FRAMEWORKS:
        return ""
    listing = FRAMEWORKS[case.framework]
    if case.strategy:
        return listing.strategies.get(case.strategy, "")
    return listing.tuned if case.style is Style.MATCHED else STOCK


def ways(measurements: Iterable[Measurement]) -> list[Measurement]:
    """All ways of loading among the measurements, but for a ladder's rungs."""
    of_phases = ((each, phase_of(each.case)) for each in measurements if each.case.style is not Style.LADDER)
    return [each for each, phase in of_phases if phase and Answer.WAYS in phase.answers]


def ranked(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The largest share of the limit first; those without one, in their order, last."""
    return sorted(measurements, key=_share, reverse=True)


def does_the_work(measurement: Measurement) -> bool:
    """Whether its images are the exact ones, and made."""
    if limit_share(measurement) is None or measurement.figures.get("pixel_difference_max", math.inf) > PIXEL_TOLERANCE:
        return False
    ours, limits = (_cpu_seconds(rounds) for rounds in (measurement.rounds, measurement.references[LIMIT]))
    return ours >= LEAST_CPU_SHARE * limits


def leads(measurements: Iterable[Measurement], titles: Mapping[str, str] | None = None) -> list[Lead]:
    """One a model whose ways beside `matched` and `stock` were measured: each has images of a size of its own.

    titles: of the models, where they need telling; None where no others stand beside these.
    """
    everything = list(measurements)
    titles = titles or told_apart(everything)
    found = {model: lead(own) for model, own in by_model(everything).items() if any(each.case.strategy for each in own)}
    return [msgspec.structs.replace(each, model=titles[model]) for model, each in found.items() if each is not None]


def lead(measurements: Sequence[Measurement]) -> Lead | None:
    """Of the framework whose best way that does the work is the fastest. None where only one framework has any.

    measurements: of one model.
    """
    best: dict[str, Measurement] = {}
    for each in ranked(filter(does_the_work, measurements)):
        best.setdefault(each.case.framework, each)
    if len(best) < 2:
        return None
    first = functools.reduce(_faster, best.values())
    others = [each for each in best.values() if each is not first]
    return Lead((first, *others), tuple(_ratio(first, other) for other in others))


def told(lead: Lead) -> str:
    """Which framework's best way is ahead, of those that do the work."""
    first, others = lead.ways[0], lead.ways[1:]
    found = [None if first.disturbed or other.disturbed else each for other, each in zip(others, lead.ratios, strict=True)]
    behind = "; ".join(_behind(other, each) for other, each in zip(others, found, strict=True))
    flattered = "both" if len(others) == 1 else "all"
    picked = f" Each was picked as its framework's fastest here, which flatters {flattered}: the interval does not cover that."
    return f"{headed('best', lead.model)}: {_titled(first)}, {behind}.{picked if any(found) else ''}"


def untold(measurements: Iterable[Measurement], model: str = "") -> str:
    """Why no best way of several frameworks is told; empty where one is, or where only one framework was measured.

    measurements: of one model. model: its title, where it needs telling.
    """
    everything = list(measurements)
    frameworks = {each.case.framework for each in everything}
    if len(frameworks) < 2 or lead(everything) is not None:
        return ""
    lacking = frameworks - {each.case.framework for each in everything if does_the_work(each)}
    who, lack = " and ".join(title(each) for each in FRAMEWORKS if each in lacking), "lacks" if len(lacking) == 1 else "lack"
    return f"{headed('best', model)}: not told: {who} {lack} a way with the exact images, and enough undisturbed turns beside the limit."


def left_out(measurements: Iterable[Measurement]) -> str:
    """Those that cannot be the best; empty where there are none."""
    names = ", ".join(dict.fromkeys(name(each) for each in measurements if limit_share(each) and not does_the_work(each)))
    return names and f"not among them: {names}: other pixels, or copies, for less than half of the limit's CPU time an image."


def _faster(first: Measurement, second: Measurement) -> Measurement:
    """The first where it cannot be told."""
    found = _ratio(first, second)
    return second if found is not None and found.estimate > 1 else first


def _ratio(first: Measurement, second: Measurement) -> Ratio | None:
    """Taken in turns where they were measured so: what drifts cancels. Else by their shares of the limit."""
    return ratio(first, second) if title_of(first.case) == title_of(second.case) else _of_shares(first, second)


def _of_shares(first: Measurement, second: Measurement) -> Ratio | None:
    """Each share has been measured in turns with the limit; their errors are independent."""
    ours, theirs = limit_share(first), limit_share(second)
    if ours is None or theirs is None:
        return None
    centre = math.log(theirs.estimate / ours.estimate)
    reach = math.hypot(*(math.log(share.high / share.estimate) for share in (ours, theirs)))
    return Ratio(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))


def _behind(other: Measurement, found: Ratio | None) -> str:
    if found is None:
        return f"then {_titled(other)}; by how much is not called: disturbed, or too few turns"
    interval = f"{1 / found.high:.2f} – {1 / found.low:.2f}"
    called = "" if found.shows_difference else ": no difference shown"
    return f"{1 / found.estimate:.2f}× as fast as {_titled(other)} ({CONFIDENCE:.0%} interval {interval}){called}"


def _titled(way: Measurement) -> str:
    return f"{title(way.case.framework)}'s {name(way)}"


def _cpu_seconds(rounds: Sequence[Round]) -> float:
    """A round. The limit's are of as many images as the pipeline's."""
    return statistics.fmean(each.cpu_seconds for each in rounds)


def _share(measurement: Measurement) -> float:
    share = limit_share(measurement)
    return share.estimate if share else 0.0
