"""How noisy a machine is, from pairs in which nothing changed: head against itself."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from scipy import special

from history.gate.evidence import Evidence
from history.gate.findable import smallest_findable
from history.gate.moderation import Floats
from history.gate.sequential import FASTER, SLOWER, Flags, estimated, rejected, worth_more
from history.pairs.plan import BATCH_PAIRS, CONFIDENCE, FIRST_PAIRS, Plan
from history.records import BadInput

PAIRS = (4, 10, 20)  # for which the smallest findable change is told
REPLAYS = 200
SEED = 20261124  # the same files give the same figures


class CaseNoise(msgspec.Struct, frozen=True):
    case: str
    pairs: int
    process_sd: float  # of one process's median step, as a share of it
    smallest_findable: dict[int, float | None]  # by number of pairs; as a share; None where so few pairs find nothing


class Noise(msgspec.Struct, frozen=True):
    cases: tuple[CaseNoise, ...]
    alarms: tuple[str, ...]  # cases that these very files raise an alarm for, slower or faster
    replays: int
    replays_with_alarm: int
    most_alarm_rate: float  # upper end of the exact 95 % interval of replays_with_alarm / replays

    @property
    def alarm_rate(self) -> float:
        return self.replays_with_alarm / self.replays


def noise(evidence: Evidence, plan: Plan) -> Noise:
    """Raises BadInput where no case has the pairs that a spread takes."""
    cases = tuple(case for case in evidence.cases if len(case.whole_pairs) >= FIRST_PAIRS)
    if not cases:
        raise BadInput(f"no case has {FIRST_PAIRS} pairs with a number on both sides. Measure more pairs.")
    log_ratios = msgspec.structs.replace(evidence, cases=cases).log_ratios()
    pair_sd = np.nanstd(log_ratios, axis=1, ddof=1)
    findable = {pairs: smallest_findable(pair_sd, pairs, len(cases), plan) for pairs in PAIRS}
    found = rejected(log_ratios, plan, SLOWER) | rejected(log_ratios, plan, FASTER)
    with_alarm = sum(_replayed(log_ratios, plan, np.random.default_rng([SEED, replay])) for replay in range(REPLAYS))
    return Noise(
        cases=tuple(
            CaseNoise(
                case=case.name,
                pairs=len(case.whole_pairs),
                process_sd=float(pair_sd[index]) / math.sqrt(2),
                smallest_findable={pairs: float(each[index]) if np.isfinite(each[index]) else None for pairs, each in findable.items()},
            )
            for index, case in enumerate(cases)
        ),
        alarms=tuple(case.name for case, alarm in zip(cases, found, strict=True) if alarm),
        replays=REPLAYS,
        replays_with_alarm=with_alarm,
        most_alarm_rate=_upper_limit(with_alarm, REPLAYS),
    )


def _upper_limit(found: int, tried: int) -> float:
    """Upper end of the interval by C. J. Clopper and E. S. Pearson, Biometrika 26, 1934."""
    return 1.0 if found == tried else float(special.betaincinv(found + 1, tried - found, (1 + CONFIDENCE) / 2))


def _replayed(log_ratios: Floats, plan: Plan, random: np.random.Generator) -> bool:
    """Whether the gate raises an alarm on a run made up of the pairs measured, drawn with replacement.

    Base and head of a pair change places by chance: nothing differs between them. All cases of a pair stay together, so what a process
    does to all its cases is kept.
    """
    shared = log_ratios[:, : int(np.isfinite(log_ratios).sum(axis=1).min())]
    drawn = shared[:, random.integers(0, shared.shape[1], plan.max_pairs)] * random.choice((-1.0, 1.0), plan.max_pairs)
    seen = np.full_like(drawn, np.nan)
    going: Flags = np.ones(len(drawn), dtype=bool)
    pairs = min(FIRST_PAIRS, plan.max_pairs)
    seen[:, :pairs] = drawn[:, :pairs]
    while (going := going & worth_more(seen, plan)).any():
        seen[going, pairs : pairs + BATCH_PAIRS] = drawn[going, pairs : pairs + BATCH_PAIRS]
        pairs += BATCH_PAIRS
    return bool((rejected(seen, plan, SLOWER) & (estimated(seen).mean >= plan.min_log_effect)).any())
