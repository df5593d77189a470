"""What the session has measured, for the summary, the machine's description and the JSON; and the markers that pytest-benchmark reads."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fixtures.experiments.experiment import RECORD
from harness.findings.benchmark_json import CLOCK, UNMEASURED, tops, unmeasured
from harness.findings.comparison import title_of
from harness.record.case import AXES
from harness.record.measurement import Measurement
from harness.session import options
from harness.session.cases import CASE

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
    config.stash[KEY][node_id] = measurement


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """What the run was made with, so that `--experiment THIS.json` repeats it; and the cases that ended without a number."""
    output_json[RECORD] = msgspec.to_builtins(options.of(config).experiments)
    measurements = config.stash[KEY]
    output_json.update(tops(list(measurements.values())))
    output_json[UNMEASURED] = unmeasured(measurements)
