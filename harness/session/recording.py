"""Hands measurements to pytest-benchmark: durations replayed through a clock, everything else in `extra_info`.

pytest-benchmark reads its timer before and after the target. A clock that the target itself moves on by a duration that was
measured in a worker makes statistics, table, storage, comparison and histogram work on that duration (nothing is patched).
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fixtures.experiments.experiment import RECORD
from harness.findings.comparison import title_of
from harness.findings.figures import items_per_second
from harness.findings.lead import lead, told, ways
from harness.findings.overlap import verdict
from harness.findings.ratio import limit_share
from harness.findings.scaling import called_growth
from harness.record.case import AXES
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session import options
from harness.session.cases import CASE

FIELD = "measurement"  # in extra_info
BEST = "best_pipelines"  # at the top of the JSON, where several ways of loading were measured
UNMEASURED = "unmeasured"  # at the top of the JSON: what ended without a number


class ReplayClock:
    """A timer that stands still until it is moved."""

    __name__ = "replayed_from_the_worker"  # what pytest-benchmark writes into the JSON as the timer's name

    def __init__(self) -> None:
        self._now_seconds = 0.0

    def __call__(self) -> float:
        return self._now_seconds

    def advance(self, seconds: float) -> None:
        self._now_seconds += seconds


CLOCK = ReplayClock()
KEY = pytest.StashKey[dict[str, Measurement]]()  # every measurement of the session, by node id


def pytest_configure(config: pytest.Config) -> None:
    config.stash[KEY] = {}


@pytest.hookimpl(trylast=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Both sides of a comparison, or all formats, in one table, and the replayed clock. In one marker: only the closest counts."""
    case = item.stash.get(CASE, None)
    if case is not None:
        shared = msgspec.structs.replace(case, **{name: None for name, axis in AXES.items() if axis.listed})
        item.add_marker(pytest.mark.benchmark(group=title_of(shared), timer=CLOCK), append=False)


def keep(config: pytest.Config, node_id: str, measurement: Measurement) -> None:
    """For the summary, the machine's description and the JSON."""
    config.stash[KEY][node_id] = measurement


def replay(benchmark: BenchmarkFixture, measurement: Measurement) -> None:
    """Makes the measurement a benchmark of pytest-benchmark's."""
    benchmark.extra_info.update(
        {
            FIELD: msgspec.to_builtins(measurement),
            f"{measurement.item}s_per_second": items_per_second(measurement),
            **_limit(measurement),
            **_end_to_end(measurement),
            **_growth(measurement),
            **{reading.name: reading.value_bytes for reading in measurement.readings},
            **measurement.figures,
        }
    )
    steps = measurement.steps_per_round
    durations = (seconds for seconds in measurement.step_seconds for _ in range(steps))
    # pytest-benchmark calls once more for the target's result, and again for a profile: that moves the clock by nothing.
    advances = itertools.chain(durations, itertools.repeat(0.0))
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: CLOCK.advance(next(advances)), rounds=len(measurement.rounds), iterations=steps
    )


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


def _growth(measurement: Measurement) -> dict[str, str | int]:
    """Where a pipeline stops growing with its workers, and why."""
    end = called_growth(measurement) if measurement.scaling else None
    return {"grows_up_to_workers": end.last.workers, "growth_stops_because": end.why} if end else {}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the JSON that was asked for where every case ended without a number: pytest-benchmark would write none."""
    config = session.config
    path, measurements = config.getoption("benchmark_json"), config.stash[KEY].values()
    if path is None or not measurements or any(each.outcome is Outcome.OK for each in measurements):
        return
    hook = config.hook
    machine_info = hook.pytest_benchmark_generate_machine_info(config=config)
    hook.pytest_benchmark_update_machine_info(config=config, machine_info=machine_info)
    commit_info = hook.pytest_benchmark_generate_commit_info(config=config)
    output = hook.pytest_benchmark_generate_json(
        config=config, benchmarks=[], include_data=True, machine_info=machine_info, commit_info=commit_info
    )
    hook.pytest_benchmark_update_json(config=config, benchmarks=[], output_json=output)
    Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(output), indent=4))


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """What the run was made with, so that `--experiment THIS.json` repeats it; and the cases that ended without a number."""
    output_json[RECORD] = msgspec.to_builtins(options.of(config).experiments)
    found = ways(each for each in config.stash[KEY].values() if each.outcome is Outcome.OK)
    ahead = lead(found) if any(each.case.strategy for each in found) else None
    if ahead is not None:
        output_json[BEST] = told(ahead)
    output_json[UNMEASURED] = [
        {"fullname": node_id, FIELD: msgspec.to_builtins(measurement)}
        for node_id, measurement in config.stash[KEY].items()
        if measurement.outcome is not Outcome.OK
    ]
