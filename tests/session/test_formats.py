"""Model formats: each is measured alone, checked against what was saved, and has a row with a result or a reason."""

from __future__ import annotations

import pytest

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

@pytest.mark.cases(
    "core", phase="model_formats", workload="inference", style="matched", precision="fp32", batch_size=1, model_format="every"
)
def test_model_formats(measure):
    measure()
"""
WHOLE = "kept"
BROKEN = {
    "absent": ("unsupported", "absent needs a package that no one has: pip install it"),
    "another": ("unequal_work", "the model that was loaded is not the one that was saved: logits differ by 0.034 standard deviations"),
    "unreadable": ("error", "model.npy cannot be loaded: ValueError: not a header: save the model again"),
    "unwritable": ("error", "no room to save"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[InnerRun, str, dict[str, Measurement]]:
    inner = InnerRun(tmp_path_factory.mktemp("formats"))
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use("sound", "queued", formats=(WHOLE, *BROKEN))
    code, output = inner.run("--benchmark-json=out.json", "-rs")
    assert code == pytest.ExitCode.TESTS_FAILED
    return inner, output, measurements(inner.json())


def case_id(framework: str, name: str) -> str:
    return f"test_model_formats[{framework}-matched-fp32-bs1-{name}]"


@pytest.mark.parametrize("framework", ["sound", "queued"])
def test_a_whole_one_is_measured(run: tuple[InnerRun, str, dict[str, Measurement]], framework: str) -> None:
    _, _, found = run
    measurement = found[case_id(framework, WHOLE)]
    assert measurement.outcome is Outcome.OK
    assert [(check.name, check.difference) for check in measurement.checks] == [("logits", 0.0)]
    assert measurement.figures["size_bytes"] == 128 + 4 * 102, "numpy's header and the logits"
    assert measurement.figures["saves"] == 3
    assert measurement.figures["load_seconds"] == pytest.approx(measurement.median_step_seconds)
    assert 0 < measurement.figures["first_inference_seconds"] < measurement.figures["load_seconds"]
    assert measurement.median_step_seconds >= 0.002, "the stand-in's load"
    assert measurement.equal_work is None
    assert measurement.cold_start is not None


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_ends_in_its_typed_outcome(run: tuple[InnerRun, str, dict[str, Measurement]], name: str) -> None:
    _, _, found = run
    outcome, detail = BROKEN[name]
    measurement = found[case_id("sound", name)]
    assert (measurement.outcome, measurement.rounds) == (outcome, ())
    assert detail in measurement.detail
    assert found[case_id("queued", name)].outcome == outcome


def test_every_format_has_a_row_with_a_result_or_a_reason(run: tuple[InnerRun, str, dict[str, Measurement]]) -> None:
    inner, output, found = run
    assert len(found) == 2 * (1 + len(BROKEN))
    _, _, side_by_side = output.partition("side by side")
    rows, _, reasons = side_by_side.partition("Not measured")
    assert all(heading in rows for heading in ("save", "load", "first inference", "size", "logits differ by"))
    assert rows.count(f" {WHOLE} ") == 2
    assert all(f" {name} bs1" in reasons for name in BROKEN)
    assert "ratio" not in rows
    assert "ratio:" not in reasons
    assert inner.left_behind() == []
    assert [each["group"] for each in inner.json()["benchmarks"]] == 2 * ["model formats matched fp32 bs1"]
