"""The ranks of one measurement: the largest one's memory, the slowest one's lag, and what they run on together."""

from __future__ import annotations

import msgspec

from harness.findings.comparison import heading_of, phase_of, phase_title
from harness.findings.interval import Interval, mean_of
from harness.findings.ratio import COMPARED_METERS, shared_turns
from harness.phases.declaration import Schedule
from harness.record.case import Case
from harness.record.measurement import ALONE, Measurement, of_rank, rank_of

GPU, CORE, THREAD = ("GPU", "GPUs"), ("core", "cores"), ("thread", "threads of shared cores")
CORES_SHARED, NOT_SHARED, OF_ONE_CORE = "cores_shared", "no", "threads of a core"  # of an environment, as `worker/cores.py` writes it
LARGEST = "largest_rank_"  # before the name of a meter: the figure of the rank in which it read most

OF_RANKS = frozenset({"model", "batch_size", "ranks", "exchange"})  # the axes that a kind of work does not name


class Lag(msgspec.Struct, frozen=True):
    """Of the slowest rank behind the fastest, in their step without exchange, each by its own clock.

    Which rank is the slowest is what these turns say: of ranks that are alike the interval reaches to about 0.
    """

    slowest: int
    fastest: int
    seconds: Interval  # a step
    share: Interval  # of the fastest one's step

    @property
    def is_shown(self) -> bool:
        return self.seconds.low > 0 and self.share.low > 0


def work_of(case: Case) -> str:
    """What cases have in common that differ in their ranks, in how these exchange, and in the batch."""
    return f"{phase_title(case.phase)} {heading_of(case, OF_RANKS)}"


def of_ranks(measurement: Measurement) -> bool:
    """Whether its side is as many processes as it has ranks, be it one."""
    phase = phase_of(measurement.case)
    return phase is not None and phase.schedule is Schedule.RANKS


def lag(measurement: Measurement) -> Lag | None:
    """From the turns in which the first rank, who alone watches for other processes, was undisturbed; None where they are too few."""
    names = [of_rank(ALONE, number) for number in range(measurement.case.ranks)]
    if len(names) < 2 or not measurement.references.keys() >= set(names):
        return None
    seconds = shared_turns(measurement, *(measurement.references[name] for name in names))
    fastest, *_, slowest = sorted(range(len(names)), key=lambda number: sum(seconds[number]))
    pairs = list(zip(seconds[slowest], seconds[fastest], strict=True))
    behind, share = mean_of([slow - fast for slow, fast in pairs]), mean_of([slow / fast - 1 for slow, fast in pairs])
    return Lag(slowest, fastest, behind, share) if behind and share else None


def largest_ranks(measurement: Measurement) -> dict[str, float]:
    """Of each meter that sides are compared by, what it read in the rank where that was most; nothing of a side that is no ranks."""
    if not of_ranks(measurement):
        return {}
    found: dict[str, float] = {}
    for reading in measurement.readings:
        meter, _ = rank_of(reading.name)
        if meter in COMPARED_METERS and reading.value_bytes:
            found[LARGEST + meter] = max(found.get(LARGEST + meter, 0.0), float(reading.value_bytes))
    return found


def places(measurement: Measurement) -> str:
    """What its ranks run on: GPUs, or cores. Empty where that is not told."""
    count, (one, several) = _places(measurement)
    return f"{count} {one if count == 1 else several}" if count else ""


def share_places(measurement: Measurement) -> bool:
    """Whether ranks have a GPU, a core, or two threads of one in common."""
    count, words = _places(measurement)
    if words == GPU:
        return count < measurement.case.ranks
    return measurement.case.ranks > 1 and measurement.environment.get(CORES_SHARED, NOT_SHARED) != NOT_SHARED


def _places(measurement: Measurement) -> tuple[int, tuple[str, str]]:
    """How many different ones; 0 where that is not told."""
    told = measurement.environment
    if measurement.case.ranks == 1:
        return (1, GPU) if "gpu_uuid" in told else (int(told.get("cores", 0)), CORE)
    if "gpus_of_all_ranks" in told:
        return int(told["gpus_of_all_ranks"]), GPU
    return int(told.get("cores_of_all_ranks", 0)), THREAD if told.get(CORES_SHARED) == OF_ONE_CORE else CORE
