"""End to end: a fed step, the loader and the step alone are measured in the same turns, and the verdict is printed."""

from __future__ import annotations

import pytest

from harness.record.measurement import LOADER, STEP
from harness.record.outcome import Outcome
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

@pytest.mark.cases(
    "core", phase="end_to_end", style="matched", workload=["frozen", "inference"], execution="plain", precision="fp32", batch_size=8
)
def test_end_to_end(measure):
    measure()
"""


def test_the_phase_runs_whole_and_prints_its_table(inner: InnerRun) -> None:
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK
    found = measurements(inner.json())
    assert len(found) == 4
    for measurement in found.values():
        assert measurement.outcome is Outcome.OK
        assert measurement.equal_work.holds
        assert measurement.steps_per_round == 16
        for name in (LOADER, STEP):
            assert {each.block for each in measurement.references[name]} == {each.block for each in measurement.rounds}
        assert measurement.figures.keys() >= {"loader_alone_seconds_per_step", "step_alone_seconds_per_step", "wait_share"}
        assert {"overlap", "lost_share"} <= measurement.figures.keys() | measurement.missing.keys()
    _, _, side_by_side = output.partition("side by side")
    rows = ("End to end", "together, images/s", "loader alone, images/s", "step alone, images/s", "verdict", "waiting in the pipeline")
    assert all(row in side_by_side for row in rows)
    assert side_by_side.count("checks hold") == 2
    assert inner.left_behind() == []
