"""Measurements as pytest-benchmark keeps them: durations replayed through a clock, everything else in `extra_info`.

pytest-benchmark reads its timer before and after the target. A clock that the target itself moves on by a duration that was measured in a
worker makes statistics, table, storage, comparison and histogram work on that duration (nothing is patched). What a session stores is made
here, and what is made of its journal where it never came to that.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from types import SimpleNamespace
from typing import Any

import msgspec
from pytest_benchmark.fixture import BenchmarkFixture
from pytest_benchmark.logger import Logger
from pytest_benchmark.utils import NameWrapper

from harness.findings import exchange
from harness.findings.efficiency import Efficiency, efficiencies
from harness.findings.figures import items_per_second
from harness.findings.lead import lead, told, ways
from harness.findings.overlap import verdict
from harness.findings.ranks import largest_ranks
from harness.findings.ratio import limit_share
from harness.findings.scaling import called_growth
from harness.record.journal import Journal, Kept
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome

FIELD = "measurement"  # in extra_info
BENCHMARKS = "benchmarks"
BEST = "best_pipelines"  # at the top of the file, where several ways of loading were measured
EFFICIENCIES = "scaling_efficiencies"  # at the top of the file, where ranks and their single one were measured
UNMEASURED = "unmeasured"  # at the top of the file: what ended without a number
EXAMINATIONS = "examinations"  # at the top of the file: where networks part, and why
UNFINISHED = "unfinished"  # at the top of the file of a session that ended early: how far it came
NO_PROFILE = {"cprofile": False, "cprofile_loops": None, "cprofile_dump": False}


class ReplayClock:
    """A timer that stands still until it is moved, and starts from 0 again whenever it was read.

    So the difference of two readings is what it was moved by between them to the last digit, whatever was replayed before.
    """

    __name__ = "replayed_from_the_worker"  # what pytest-benchmark writes into the JSON as the timer's name

    def __init__(self) -> None:
        self._moved_seconds = 0.0

    def __call__(self) -> float:
        moved, self._moved_seconds = self._moved_seconds, 0.0
        return moved

    def advance(self, seconds: float) -> None:
        self._moved_seconds += seconds


CLOCK = ReplayClock()


def replay(benchmark: BenchmarkFixture, measurement: Measurement) -> None:
    """Makes the measurement a benchmark of pytest-benchmark's."""
    benchmark.extra_info.update(extra_info(measurement))
    steps = measurement.steps_per_round
    durations = (seconds for seconds in measurement.step_seconds for _ in range(steps))
    # pytest-benchmark calls once more for the target's result, and again for a profile: that moves the clock by nothing.
    advances = itertools.chain(durations, itertools.repeat(0.0))
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: CLOCK.advance(next(advances)), rounds=len(measurement.rounds), iterations=steps
    )


def extra_info(measurement: Measurement) -> dict[str, Any]:
    return {
        FIELD: msgspec.to_builtins(measurement),
        f"{measurement.item}s_per_second": items_per_second(measurement),
        **_limit(measurement),
        **_end_to_end(measurement),
        **exchange.intervals(measurement),
        **_growth(measurement),
        **{reading.name: reading.value_bytes for reading in measurement.readings},
        **largest_ranks(measurement),
        **measurement.figures,
    }


def of_journal(journal: Journal, over: Set[str] = frozenset()) -> dict[str, Any]:
    """The file that the session would have stored of what its journal has, with raw durations. over: cases that were skipped."""
    sides = journal.sides
    document = journal.frame | {
        BENCHMARKS: benchmarks([each for each in sides if each.measurement.outcome is Outcome.OK], journal.opened.benchmark_options),
        **tops([each.measurement for each in sides]),
        UNMEASURED: unmeasured({each.fullname: each.measurement for each in sides}),
    }
    if journal.examinations:
        document |= {EXAMINATIONS: msgspec.to_builtins(journal.examinations)}
    return document | unfinished(journal.done | over, journal)


def benchmarks(sides: Sequence[Kept], options: Mapping[str, Any], include_data: bool = True) -> list[dict[str, Any]]:
    """As pytest-benchmark writes them into its file. options: its own, as a journal has them."""
    return [each.as_dict(include_data=include_data) for each in made(sides, options)]


def made(sides: Sequence[Kept], options: Mapping[str, Any]) -> list[Any]:
    """As pytest-benchmark makes them of its tests."""
    made: list[Any] = []
    for side in sides:
        callspec = {} if side.param is None else {"callspec": SimpleNamespace(id=side.param, params=side.params)}
        node = SimpleNamespace(name=side.name, nodeid=side.fullname, **callspec)
        fixture = BenchmarkFixture(  # type: ignore[no-untyped-call]
            node,
            add_stats=made.append,
            logger=Logger(Logger.QUIET),  # type: ignore[no-untyped-call]
            warner=None,
            disabled=False,
            group=side.group,
            timer=NameWrapper(CLOCK),  # type: ignore[no-untyped-call]
            **options,
            **NO_PROFILE,
        )
        replay(fixture, side.measurement)
    return made


def tops(measurements: Sequence[Measurement]) -> dict[str, Any]:
    """What follows from several measurements."""
    measured = [each for each in measurements if each.outcome is Outcome.OK]
    found = ways(measured)
    ahead = lead(found) if any(each.case.strategy for each in found) else None
    scaled = list(map(_efficiency, efficiencies(measured)))
    return ({} if ahead is None else {BEST: told(ahead)}) | ({EFFICIENCIES: scaled} if scaled else {})


def unmeasured(measurements: Mapping[str, Measurement]) -> list[dict[str, Any]]:
    """By node id. Those that ended without a number, and why."""
    return [
        {"fullname": fullname, FIELD: msgspec.to_builtins(measurement)}
        for fullname, measurement in measurements.items()
        if measurement.outcome is not Outcome.OK
    ]


def unfinished(done: Set[str], journal: Journal) -> dict[str, Any]:
    """How many of the session's cases have been measured, and what is complete inside others; nothing where all have been."""
    cases = journal.opened.cases
    left = set(cases) - done
    if not left:
        return {}
    inside = [{name: value for name, value in msgspec.to_builtins(each).items() if name != "type"} for each in journal.pieces]
    return {UNFINISHED: {"measured": len(cases) - len(left), "cases": len(cases), "pieces": inside}}


def _limit(measurement: Measurement) -> dict[str, float]:
    """How far a pipeline is from what the machine can do."""
    share = limit_share(measurement)
    if share is None:
        return {}
    return {"share_of_limit": share.estimate, "share_of_limit_low": share.low, "share_of_limit_high": share.high}


def _end_to_end(measurement: Measurement) -> dict[str, str | float]:
    """What decides how long a fed step takes, and the intervals of what stands among the figures."""
    found = verdict(measurement)
    if found is None or measurement.disturbed:
        return {}
    (lost_low, lost_high), hidden = found.lost_share_interval, found.overlap
    shares = {"lost_share_low": lost_low, "lost_share_high": lost_high, "overlap_low": hidden.low, "overlap_high": hidden.high}
    return {"bound": found.bound, **shares}


def _efficiency(found: Efficiency) -> dict[str, Any]:
    """None where it is not told, and why."""
    several, value = found.several, found.value
    told = {"scaling": found.kind, "case": msgspec.to_builtins(several.case), "shared": found.is_shared}
    if value is None:
        return told | {"efficiency": None, "why_not": found.why_not}
    return told | {"efficiency": value.estimate, "efficiency_low": value.low, "efficiency_high": value.high}


def _growth(measurement: Measurement) -> dict[str, str | int]:
    """Where a pipeline stops growing with its workers, and why."""
    end = called_growth(measurement) if measurement.scaling else None
    return {"grows_up_to_workers": end.last.workers, "growth_stops_because": end.why} if end else {}
