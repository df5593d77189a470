"""The ladder: each rung's ratio and what it was worth, with ends that are the stock and the matched ratio."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ladder import climbed, rungs
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import MEANING, MEMORY_LADDER, PIPELINE_LADDER, STEP_LADDER, Source
from harness.record.measurement import Measurement, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.terminal.ladder_table import bar
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


def case(framework: str, style: Style, rung: Source | None = None, phase: Phase = "train_step") -> Case:
    matched = (Execution.PLAIN, Precision.FP32) if style is Style.MATCHED else (None, None)
    return Case(framework, phase, Workload.FROZEN, style, 8, *matched, rung)


def pair(ours: float, theirs: float, style: Style, rung: Source | None = None) -> list[Measurement]:
    return [
        Measurement(
            case=case(framework, style, rung), outcome=Outcome.OK, rounds=tuple(Round(seconds, seconds, 0.0, block) for block in range(5))
        )
        for framework, seconds in (("pytorch", ours), ("tensorflow", theirs))
    ]


def test_ends_and_worths() -> None:
    measured = pair(3.0, 1.0, Style.STOCK) + pair(2.0, 1.0, Style.LADDER, Source.LAYOUT) + pair(1.5, 1.0, Style.LADDER, Source.LOOP)
    found = list(rungs("train_step", measured + pair(1.2, 1.0, Style.MATCHED)))
    assert [rung.name for rung in found] == ["stock", "loop", "layout", "matched"]
    assert [rung.ratio and rung.ratio.estimate for rung in found] == pytest.approx([3.0, 1.5, 2.0, 1.2])
    assert [rung.worth for rung in found] == [None, pytest.approx(0.5), pytest.approx(4 / 3), pytest.approx(0.6)]
    assert math.prod(rung.worth or 1.0 for rung in found) == pytest.approx(1.2 / 3.0)


def test_a_rung_that_one_side_lacks_is_part_of_the_next() -> None:
    half = pair(2.0, 1.0, Style.LADDER, Source.LAYOUT)[:1]
    found = list(rungs("train_step", pair(3.0, 1.0, Style.STOCK) + half + pair(1.5, 1.0, Style.LADDER, Source.LOOP)))
    assert [(rung.name, rung.worth) for rung in found] == [("stock", None), ("loop", pytest.approx(0.5))]


def memory(framework: str, style: Style, rung: Source | None = None, **values: int) -> Measurement:
    readings = tuple(Reading(name, value, "x") for name, value in values.items())
    return Measurement(case=case(framework, style, rung, "memory"), outcome=Outcome.OK, readings=readings)


def test_on_a_gpu_memory_starts_with_each_frameworks_own_meter() -> None:
    """PyTorch's users quote its allocator, TensorFlow's what the driver says; both allocators tell the common one."""
    measured = [
        memory("pytorch", Style.STOCK, allocator_peak_bytes=10, host_with_children_bytes=60),
        memory("tensorflow", Style.STOCK, allocator_peak_bytes=20, device_peak_bytes=80, host_with_children_bytes=40),
    ]
    found = list(rungs("memory", [*measured, memory("pytorch", Style.LADDER, Source.ORDER)]))
    assert [(rung.name, rung.ratio and rung.ratio.estimate, rung.worth) for rung in found] == [
        ("own meters", 0.125, None),
        ("stock", 0.5, 4.0),
    ]
    assert found[0].meaning == "allocator_peak_bytes | device_peak_bytes → allocator_peak_bytes"


def test_without_one_memory_starts_with_the_process_alone() -> None:
    measured = [
        memory("pytorch", Style.STOCK, host_peak_bytes=8 * 2**20, host_with_children_bytes=60 * 2**20),
        memory("tensorflow", Style.STOCK, host_peak_bytes=16 * 2**20, host_with_children_bytes=40 * 2**20),
        memory("pytorch", Style.LADDER, Source.ORDER, host_with_children_bytes=50 * 2**20),
        memory("tensorflow", Style.LADDER, Source.ORDER, host_with_children_bytes=40 * 2**20),
    ]
    found = list(rungs("memory", measured))
    assert [(rung.name, rung.ratio and rung.ratio.estimate) for rung in found] == [("own meters", 0.5), ("stock", 1.5), ("order", 1.25)]
    assert found[1].values == {"pytorch": "60 MiB", "tensorflow": "40 MiB"}


@given(st.floats(0.05, 20.0), st.floats(1.0, 5.0))
def test_a_bar_is_on_its_side_and_within_its_width(ratio: float, largest: float) -> None:
    left, _, right = bar(ratio, max(largest, abs(math.log(ratio)))).partition("│")
    assert len(left) == len(right) == 12
    assert not (left.strip() if ratio >= 1 else right.strip())


def test_every_source_has_a_meaning_and_a_place() -> None:
    assert set(MEANING) == set(Source) == {*PIPELINE_LADDER, *STEP_LADDER, *MEMORY_LADDER}
    for ladder in (PIPELINE_LADDER, STEP_LADDER, MEMORY_LADDER):
        assert len(set(ladder)) == len(ladder)


def test_a_ladder_is_climbed_and_shares_its_ends(inner: InnerRun) -> None:
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-json=out.json", "-k", "train_step")
    assert code == pytest.ExitCode.OK
    found = measurements(inner.json())
    assert len(found) == 10
    ends = [found[f"{test}[sound-stock-frozen-bs8]"] for test in ("test_train_step_attribution", "test_train_step")]
    assert ends[0] == ends[1]
    assert climbed(list(found.values())) == ["train_step"]
    table = output.partition("Why, train step")[2]
    for text in ("stock", "architecture", "loop", "matched", "worth", " ms", "ResNet50 v1.5 | v1"):
        assert text in table
    assert [each for each in output.splitlines() if "measuring 2 sides in turns" in each] == [
        f"train step frozen {name} bs8: measuring 2 sides in turns"
        for name in ("matched plain fp32", "stock", "ladder architecture", "ladder loop")
    ]
