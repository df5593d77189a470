"""How well ranks scale: the speed of several over as many times that of one rank, which is a case of its own.

Strong: the batch is the same, and its parts become smaller. Weak: each rank has as much as the single one had.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from harness.findings.ahead import DISTURBED, TOO_FEW_TURNS, Verdict, called
from harness.findings.comparison import title_of
from harness.findings.ranks import share_places
from harness.findings.ratio import PROCESS_SPREAD, Ratio, mean_interval, ratio, turns
from harness.findings.sides import ordered
from harness.record.case import Case
from harness.record.measurement import Measurement

NO_ONE_RANK = "this session has not measured one rank with the same work: --ranks 1,…, and -k that takes its cases"
ADJECTIVE = "more efficient"
MEANING = (
    "Efficiency is the speed over that of one rank, divided by the number of ranks.",
    "Strong: all ranks together have the batch of the one. Weak: each rank has as much.",
)


class Kind(StrEnum):
    STRONG = "strong"
    WEAK = "weak"


class Efficiency(msgspec.Struct, frozen=True):
    """Of one framework's ranks, against its single one."""

    kind: Kind
    several: Measurement
    one: Measurement

    @property
    def value(self) -> Ratio | None:
        """1 where every rank brings as much as the single one. None where `why_not` says why.

        The interval covers the turns of both, taken as independent, and by how much two processes of the same code differ
        (PROCESS_SPREAD). The two were measured one after the other: what drifts between them it does not cover.
        """
        logs = [mean_interval(_log_seconds_an_item(each)) for each in (self.one, self.several)]
        one, several = logs
        if one is None or several is None or self.several.disturbed or self.one.disturbed:
            return None
        centre = one[0] - several[0] - math.log(self.several.case.ranks)
        reach = math.hypot(one[2] - one[0], several[2] - several[0], math.log1p(PROCESS_SPREAD))
        return Ratio(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))

    @property
    def why_not(self) -> str:
        return DISTURBED if self.several.disturbed or self.one.disturbed else TOO_FEW_TURNS

    @property
    def is_shared(self) -> bool:
        """Ranks that have a core or a GPU in common: an efficiency, but no scaling."""
        return share_places(self.several)


def one_rank(case: Case, kind: Kind) -> Case:
    """The case that this one's efficiency is told against. A single rank exchanges nothing, however it would."""
    batch_size = case.batch_size if kind is Kind.STRONG else case.batch_size // case.ranks
    return msgspec.structs.replace(case, ranks=1, exchange=None, batch_size=batch_size)


def efficiencies(measurements: Iterable[Measurement]) -> list[Efficiency]:
    """Of all that have their single rank among these, which are of one session."""
    by_case = {each.case: each for each in measurements}
    return [
        Efficiency(kind, each, by_case[single])
        for case, each in by_case.items()
        if case.ranks > 1
        for kind in Kind
        if (single := one_rank(case, kind)) in by_case
    ]


class Better(msgspec.Struct, frozen=True):
    """Which of two frameworks scales better in one comparison."""

    kind: Kind
    case: Case
    verdict: Verdict


def better(found: Sequence[Efficiency]) -> list[Better]:
    """Of each comparison that two frameworks or more have an efficiency in."""
    by_comparison: dict[tuple[Kind, str], dict[str, Efficiency]] = {}
    for each in found:
        by_comparison.setdefault((each.kind, title_of(each.several.case)), {})[each.several.case.framework] = each
    told = []
    for (kind, _), sides in by_comparison.items():
        reference, *others = (sides[framework] for framework in ordered(sides))
        told += [Better(kind, reference.several.case, _called(reference, other)) for other in others]
    return told


def in_short(found: Sequence[Efficiency]) -> list[Better]:
    """Of each kind that of the most ranks, as the frameworks exchange by themselves: of ranks with places of their own, where there are."""
    told: list[Better] = []
    for kind in Kind:
        own = [each for each in found if each.kind is kind and each.several.case.exchange is None]
        compared = [each for each in own if not each.is_shared] or own
        ranks = {each.several.case.ranks for each in compared if _has_partner(each, compared)}
        told += better([each for each in compared if each.several.case.ranks == max(ranks, default=0)])
    return told


def _has_partner(one: Efficiency, found: Sequence[Efficiency]) -> bool:
    title = title_of(one.several.case)
    return any(title_of(each.several.case) == title and each.several.case != one.several.case for each in found)


def relative(first: Efficiency, second: Efficiency) -> Ratio | None:
    """Below 1 the first scales better: the second's efficiency over the first's. None with too few turns.

    Of the ratios of the two frameworks, with several ranks and with one, each taken in turns: what drifts from one of the two
    comparisons to the other cancels. The interval covers the turns of both; the processes of the one are not those of the other, and for
    that only what is over PROCESS_SPREAD is called a difference.
    """
    several, one = ratio(first.several, second.several), ratio(first.one, second.one)
    if several is None or one is None:
        return None
    centre = math.log(several.estimate / one.estimate)
    reach = math.hypot(*(math.log(each.high / each.estimate) for each in (several, one)))
    return Ratio(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))


def _called(reference: Efficiency, other: Efficiency) -> Verdict:
    frameworks = reference.several.case.framework, other.several.case.framework
    disturbed = any(each.disturbed for side in (reference, other) for each in (side.several, side.one))
    return called(relative(reference, other), frameworks, ADJECTIVE, disturbed)


def _log_seconds_an_item(measurement: Measurement) -> list[float]:
    return [math.log(seconds / measurement.case.batch_size) for seconds in turns(measurement).values()]
