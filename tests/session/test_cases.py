"""The matrix: collected quickly, without a framework, with ids that tell a case from another."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from tests.session.conftest import LIGHT

PROJECT = Path(__file__).parents[2]
FRAMEWORK_MODULES = ("torch", "torchvision", "tensorflow", "keras")


@functools.cache
def collect(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *LIGHT, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_collecting_imports_no_framework() -> None:
    program = (
        "import sys, pytest\n"
        "assert pytest.main(['benchmarks', '--collect-only', '-q', '-p', 'no:cacheprovider']) == 0\n"
        f"print([name for name in {FRAMEWORK_MODULES} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_core_set_runs_where_nothing_else_was_chosen() -> None:
    core, gate, everything = collect("benchmarks"), collect("benchmarks", "-m", "gate"), collect("benchmarks", "-m", "core or not core")
    assert set(core) == set(collect("benchmarks", "-m", "core"))
    assert set(core) | set(gate) < set(everything)
    assert len(gate) == 24
    assert len(set(everything)) == len(everything)
    assert len(collect("benchmarks", "-k", "pytorch and bf16")) > 0
    assert collect(everything[-1]) == [everything[-1]]


def test_every_phase_has_core_cases_of_every_framework_in_both_styles() -> None:
    core = collect("benchmarks")
    for phase in ("data_pipeline", "train_step", "inference", "memory"):
        for side in ("pytorch-matched", "tensorflow-matched", "pytorch-stock", "tensorflow-stock"):
            assert any(f"::test_{phase}[{side}-" in each for each in core), (phase, side)


def test_sides_of_a_comparison_are_neighbours_and_fresh_workers_come_last() -> None:
    exchanges = {name for listing in FRAMEWORKS.values() for name in listing.exchanges}
    own = {f"-{name}]" for name in exchanges if not all(name in listing.exchanges for listing in FRAMEWORKS.values())}
    alone = {"test_model_formats", "-strategy-", "test_equal_work", *own}
    everything = [each for each in collect("benchmarks", "-m", "core or not core") if not any(word in each for word in alone)]
    for first, second in zip(everything[::2], everything[1::2], strict=True):
        assert "[pytorch-" in first
        assert "[tensorflow-" in second
    have_fresh_workers = [
        any(phase in each for phase in ("test_memory", "test_fine_tuning", "test_largest", "test_data_parallel")) for each in everything
    ]
    assert have_fresh_workers == sorted(have_fresh_workers)


def test_every_format_of_every_framework_is_a_case_and_a_framework_has_no_other() -> None:
    ids = [each.partition("[")[2].removesuffix("]") for each in collect("benchmarks", "-k", "model_formats")]
    told = [(each.partition("-")[0], each.rpartition("-")[2]) for each in ids]
    assert told == [(framework, name) for framework, listing in FRAMEWORKS.items() for name in listing.formats]


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ('phase="naps"', "no phase 'naps'; phases are data_pipeline, train_step"),
        ('"nightly", phase="inference"', "unknown nightly; sets are core, gate"),
        ('phase="inference", colour="red"', "unknown colour; sets are core, gate, axes are phase, model, workload"),
        ('phase="inference", workload="inference", style="stock", precision="fp32"', "precision has values only where style is matched"),
        ('phase="train_step", workload="full", style="matched", rung="loop"', "rung has values only where style is ladder"),
        ('phase="inference", workload="dreaming", style="stock"', "Invalid enum value 'dreaming' - at `$.workload`"),
        ('phase="model_formats", workload="inference", style="matched", model_format="psd"', "no framework has a model format 'psd'"),
    ],
)
def test_what_is_no_rectangle_of_the_matrix_is_refused(tmp_path: Path, mark: str, message: str) -> None:
    shutil.copy(PROJECT / "conftest.py", tmp_path)
    (tmp_path / "test_bad.py").write_text(f"import pytest\n\n@pytest.mark.cases({mark})\ndef test_bad(measure):\n    measure()\n")
    command = [sys.executable, "-m", "pytest", "test_bad.py", "--collect-only", "-q", *LIGHT]
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "COLUMNS": "300"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != pytest.ExitCode.OK
    assert message in done.stdout + done.stderr


def test_a_single_items_rounds_are_many_enough_for_its_percentiles() -> None:
    assert {name for name, phase in PHASES.items() if phase.least_rounds_of_one == 100} == {"train_step", "inference", "end_to_end"}
