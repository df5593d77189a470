"""Three frameworks beside each other: one reference, a result for each of the others, in the JSON, in every table, and on the page."""

from __future__ import annotations

import re
import shutil

import pytest

from harness.findings.ahead import DISTURBED, TOO_FEW_TURNS
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

STEP = {"phase": "train_step", "workload": "frozen", "batch_size": 8}
JOB = {"phase": "fine_tuning", "workload": "frozen", "batch_size": 8}

@pytest.mark.cases(**STEP, style="stock")
@pytest.mark.cases(**STEP, style="ladder", rung="loop")
@pytest.mark.cases("core", **STEP, style="matched", execution="plain", precision="fp32")
def test_train_step_attribution(measure):
    measure()

@pytest.mark.cases("core", phase="memory", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_memory(measure):
    measure()

@pytest.mark.cases("core", **JOB, style="matched", execution="plain", precision="fp32")
def test_fine_tuning(measure):
    measure()
"""
THREE = ("sound", "queued", "slower")
NOT_CALLED = (DISTURBED, TOO_FEW_TURNS)
PHASES = ("Train step:", "Memory:", "Fine-tuning:")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[InnerRun, str]:
    """A run of all three, and its tables."""
    inner = InnerRun(tmp_path_factory.mktemp("three"))
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use(*THREE)
    code, output = inner.run("--benchmark-json=out.json", "-m", "core or not core")
    assert code == pytest.ExitCode.OK
    return inner, output.partition("side by side")[2]


def table(tables: str, heading: str) -> list[str]:
    """Its lines, from the heading to the next empty one after its rows."""
    lines = iter(tables.partition(heading)[2].splitlines())
    found = []
    for line in lines:
        if not line.strip() and any("─" in each for each in found):
            break
        found.append(line)
    return found


def test_all_three_are_measured_and_checked_against_one(run: tuple[InnerRun, str]) -> None:
    inner, _ = run
    found = measurements(inner.json())
    assert len(found) == 5 * len(THREE)
    receipts = {name: each.equal_work for name, each in found.items() if "-matched-" in name}
    assert all(receipt is not None and receipt.holds for receipt in receipts.values())
    assert {receipt.reference for name, receipt in receipts.items() if receipt and "[slower-" in name} == {"sound"}


@pytest.mark.parametrize("heading", PHASES)
def test_a_phases_table_has_a_column_for_each_and_a_result_for_each_other(run: tuple[InnerRun, str], heading: str) -> None:
    _, tables = run
    lines = table(tables, heading)
    assert any(re.search(r"Sound\s+Queued\s+Slower", line) for line in lines)
    for other in ("Queued", "Slower"):
        assert any(f"Sound / {other}" in line for line in lines), other


def test_each_other_side_is_beside_the_reference_with_what_is_known_of_it(run: tuple[InnerRun, str]) -> None:
    """A stand-in's step sleeps for 2 ms, the slower one's for 6. On a busy machine the ratio is not called, and that is said."""
    inner, tables = run
    found = measurements(inner.json())
    assert found["test_train_step_attribution[slower-stock-frozen-bs8]"].median_step_seconds >= 0.006
    lines = [line.partition("Sound / Slower")[2] for line in table(tables, "Train step:") if "Sound / Slower" in line]
    assert len(lines) == 2, "matched and stock"
    for line in lines:
        assert any(text in line for text in ("Sound", *NOT_CALLED)), line


def test_the_ladder_and_the_five_metrics_have_all_three(run: tuple[InnerRun, str]) -> None:
    _, tables = run
    ladder = table(tables, "Why, train step")
    for rung in ("stock", "loop", "matched"):
        assert any(line.startswith(f" {rung}") for line in ladder), rung
    assert all(any(f"Sound / {other}" in line for line in ladder) for other in ("Queued", "Slower"))
    metrics = table(tables, "The report's five metrics")
    for metric in ("validation loss", "validation accuracy", "training time", "inference latency", "peak memory"):
        assert any(line.startswith(f" {metric}") for line in metrics), metric
    assert sum("Sound / Slower" in line for line in metrics) == 5


def test_a_reference_that_failed_leaves_the_others_to_be_compared(inner: InnerRun) -> None:
    inner.use("raising", "sound", "slower")
    code, output = inner.run("-k", "train_step and stock")
    assert code == pytest.ExitCode.TESTS_FAILED
    tables = output.partition("side by side")[2]
    assert any(text in line for line in table(tables, "Train step:") for text in ("faster", *NOT_CALLED))
    assert "ValueError: the measured code is broken" in tables.partition("Not measured")[2]


def test_the_page_has_a_column_for_each(run: tuple[InnerRun, str]) -> None:
    inner, _ = run
    nights = inner.folder / "nights"
    nights.mkdir()
    shutil.copy(inner.folder / "out.json", nights / "night.json")
    code, _ = inner.run_history("report", "nights", "--output=site", "--cache=cache", "--repository=nights")
    assert code == 0
    page = (inner.folder / "site" / "index.html").read_text()
    assert re.search(r"Sound</th>.*Queued</th>.*Slower</th>", page)
