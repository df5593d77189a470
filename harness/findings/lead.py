"""Which way of loading images is the fastest, and by how much one framework's is ahead of the other's."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

import msgspec

from harness.findings.ratio import Ratio, limit_share, ratio
from harness.frameworks import FRAMEWORKS
from harness.record.case import Case, Style
from harness.record.measurement import LIMIT, PIXEL_TOLERANCE, Measurement
from harness.record.round import Round

TUNED = "tuned"
STOCK = "the report's set-up"
LEAST_CPU_SHARE = 0.5  # of the CPU time an image that the limit takes: who needs less does not decode, but copies from somewhere


class Lead(msgspec.Struct, frozen=True):
    """The best strategy of one framework and the best of the next."""

    first: Measurement
    second: Measurement
    ratio: Ratio | None  # of time a step, the first over the second: below 1. None: too few turns

    @property
    def disturbed(self) -> bool:
        return self.first.disturbed or self.second.disturbed


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
    """All ways of loading among the measurements, the ladder's rungs left out."""
    return [each for each in measurements if each.case.phase == "data_pipeline" and each.case.style is not Style.LADDER]


def ranked(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The largest share of the limit first; those without one, in their order, last."""
    return sorted(measurements, key=_share, reverse=True)


def does_the_work(measurement: Measurement) -> bool:
    """Whether its images are the exact ones, and made."""
    if limit_share(measurement) is None or measurement.figures.get("pixel_difference_max", math.inf) > PIXEL_TOLERANCE:
        return False
    ours, limits = (_cpu_seconds(rounds) for rounds in (measurement.rounds, measurement.references[LIMIT]))
    return ours >= LEAST_CPU_SHARE * limits


def lead(measurements: Sequence[Measurement]) -> Lead | None:
    """Of the framework whose best way that does the work is the fastest. None where only one framework has any."""
    best: dict[str, Measurement] = {}
    for each in ranked(filter(does_the_work, measurements)):
        best.setdefault(each.case.framework, each)
    if len(best) < 2:
        return None
    first, second, *_ = best.values()
    if first.case.comparison == second.case.comparison:
        found = ratio(first, second)  # taken in turns: what drifts cancels
        if found is not None and found.estimate > 1:
            return Lead(second, first, Ratio(1 / found.estimate, 1 / found.high, 1 / found.low))
        return Lead(first, second, found)
    return Lead(first, second, _of_shares(first, second))


def _of_shares(first: Measurement, second: Measurement) -> Ratio | None:
    """Each share has been measured in turns with the limit; their errors are independent."""
    ours, theirs = limit_share(first), limit_share(second)
    if ours is None or theirs is None:
        return None
    centre = math.log(theirs.estimate / ours.estimate)
    reach = math.hypot(*(math.log(share.high / share.estimate) for share in (ours, theirs)))
    return Ratio(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))


def _cpu_seconds(rounds: Sequence[Round]) -> float:
    """A round. The limit's are of as many images as the pipeline's."""
    return statistics.fmean(each.cpu_seconds for each in rounds)


def _share(measurement: Measurement) -> float:
    share = limit_share(measurement)
    return share.estimate if share else 0.0
