"""A ladder is climbed with stand-ins: its ends are shared with the tests of its phase, and its table is printed."""

from __future__ import annotations

import pytest

from harness.findings.ladder import ladders
from harness.record.fairness import NEUTRAL, Source
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

STEP = {"phase": "train_step", "workload": "frozen", "batch_size": 8}

@pytest.mark.cases(**STEP, style="stock")
@pytest.mark.cases(**STEP, style="ladder", rung=["architecture", "loop"])
@pytest.mark.cases(**STEP, style="matched", execution="plain", precision="fp32")
def test_train_step_attribution(measure):
    measure()

@pytest.mark.cases(**STEP, style="stock")
def test_train_step(measure):
    measure()
"""


def test_a_ladder_is_climbed_and_shares_its_ends(inner: InnerRun) -> None:
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-json=out.json", "-k", "train_step")
    assert code == pytest.ExitCode.OK
    found = measurements(inner.json())
    assert len(found) == 10
    ends = [found[f"{test}[sound-stock-frozen-bs8]"] for test in ("test_train_step_attribution", "test_train_step")]
    assert ends[0] == ends[1]
    assert [each.phase for each in ladders(found.values())] == ["train_step"]
    table = output.partition("Why, train step")[2]
    for text in ("stock", "architecture", "loop", "matched", "worth", " ms", NEUTRAL[Source.ARCHITECTURE]):
        assert text in table
    assert [each for each in output.splitlines() if "measuring 2 sides" in each] == [
        f"train step frozen {name} bs8: measuring 2 sides" for name in ("matched plain fp32", "stock", "ladder architecture", "ladder loop")
    ]
