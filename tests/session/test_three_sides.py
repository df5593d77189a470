"""Three frameworks beside each other: one reference, a result for each of the others, in the JSON, in every table, and on the page."""

from __future__ import annotations

import pytest

from history.__main__ import main
from tests.session.conftest import InnerRun, measurements

BENCHMARK = """
import pytest

STEP = {"phase": "train_step", "workload": "frozen", "batch_size": 8}
JOB = {"phase": "fine_tuning", "workload": "experiment", "batch_size": 8}

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


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[InnerRun, str]:
    inner = InnerRun(tmp_path_factory.mktemp("three"))
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use(*THREE)
    code, output = inner.run("--benchmark-json=out.json", "-m", "core or not core")
    assert code == pytest.ExitCode.OK
    return inner, output.partition("side by side")[2]


def test_all_three_are_measured_and_checked_against_one(run: tuple[InnerRun, str]) -> None:
    inner, _ = run
    found = measurements(inner.json())
    assert len(found) == 5 * len(THREE)
    receipts = {name: each.equal_work for name, each in found.items() if "-matched-" in name}
    assert all(receipt is not None and receipt.holds for receipt in receipts.values())
    assert {receipt.reference for name, receipt in receipts.items() if receipt and "[slower-" in name} == {"sound"}


def test_each_other_side_has_a_result_in_every_table(run: tuple[InnerRun, str]) -> None:
    _, tables = run
    heads = [line for line in tables.splitlines() if all(name.title() in line for name in THREE)]
    assert len(heads) >= 5, "train step, memory, fine-tuning, five metrics, ladder"
    assert tables.count("Sound 3") >= 1 or "× faster" in tables
    train_step = tables.partition("Train step:")[2].partition("Memory:")[0]
    for other in ("Queued", "Slower"):
        assert other in train_step.partition("\n\n")[2] or other in train_step
    assert train_step.count("checks hold") == 2
    ladder = tables.partition("Why, train step")[2]
    for text in ("stock", "loop", "matched", "Sound / Queued", "Sound / Slower"):
        assert text in ladder
    metrics = tables.partition("The report's five metrics")[2]
    for metric in ("validation loss", "validation accuracy", "training time", "inference latency", "peak memory"):
        assert metric in metrics


def test_the_page_shows_all_three(run: tuple[InnerRun, str]) -> None:
    inner, _ = run
    nights = inner.folder / "nights"
    nights.mkdir()
    (inner.folder / "out.json").rename(nights / "night.json")
    site = inner.folder / "site"
    assert main(["report", str(nights), "--output", str(site), "--cache", str(inner.folder / "cache"), "--repository", str(nights)]) == 0
    page = (site / "index.html").read_text()
    assert page.count("slower") > 3
