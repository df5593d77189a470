"""nightly.yml, run from its first step to its last by act: three nights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.record.journal import SUFFIX, JournalError, read
from tests.repositories import git
from tests.worker.nvml import fake
from tests.workflows import planted_project
from tests.workflows.forge import BRANCH_OF_NIGHTS, REPOSITORY, Forge, Run

pytestmark = [pytest.mark.slow, pytest.mark.early]

CASES = 12  # two workloads of three models, in two frameworks
NO_CONTEXT = f"{fake.H100}fail nvmlInitWithFlags 999\n"


def run_night(forge: Forge, event: str = "schedule", **how: Any) -> Run:
    return forge.run("nightly.yml", event, {"repository": {"full_name": REPOSITORY}}, **how)


def done(folder: Path) -> set[str]:
    """Of the cases in the journals there."""
    return {case for path in folder.rglob(f"*{SUFFIX}") for case in read(path).done}


def some_are_measured(runners: Path) -> bool:
    try:
        return len(done(runners)) > 2
    except JournalError:  # its first line is not whole yet
        return False


def test_a_night_that_was_cancelled_one_that_has_a_failure_and_one_without_a_gpu(forge: Forge) -> None:
    forge.push("refs/heads/main")

    cancelled = run_night(forge, until=some_are_measured)
    assert cancelled.jobs["measure"] == "failure"
    assert cancelled.steps_of("keep") == cancelled.steps_of("page") == []
    before = len(done(forge.folder / "artifacts" / "nightly"))
    assert 2 < before < CASES
    assert forge.nights() == []

    again = run_night(forge, attempt=2)
    assert again.jobs == {"measure": "success", "keep": "success", "page": "success"}, again.log
    assert again.steps["measure/What an attempt before this one has measured"] == "success"
    assert f"resumed: {before} of {CASES} cases have been measured before, and are not measured again" in again.log
    night = json.loads((forge.folder / "artifacts" / "nightly" / "run.json").read_text())
    assert (len(night["benchmarks"]), night["unmeasured"]) == (CASES, [])
    assert len(forge.nights()) == 1
    assert (forge.folder / "pages" / "index.html").is_file()
    assert f"{CASES} of {CASES} cases measured" in again.summary

    planted_project.break_framework(forge.project, "tensorflow")
    forge.push("refs/heads/main")
    failed = run_night(forge)
    assert failed.jobs == {"measure": "failure", "keep": "success", "page": "success"}, failed.log
    assert len(forge.nights()) == 2
    assert git(forge.folder / "repository.git", "rev-list", "--count", BRANCH_OF_NIGHTS) == "1"
    assert "failed" in failed.summary.splitlines()[0]

    kept = git(forge.folder / "repository.git", "rev-parse", BRANCH_OF_NIGHTS)
    forge.use_gpu(NO_CONTEXT)
    refused = run_night(forge)
    assert refused.jobs["measure"] == refused.jobs["keep"] == "failure"
    assert "ERROR: --require-gpu: no GPU can be opened (Unknown Error)" in refused.log
    assert refused.steps_of("page") == []
    assert git(forge.folder / "repository.git", "rev-parse", BRANCH_OF_NIGHTS) == kept


def test_another_branch_has_no_night(forge: Forge) -> None:
    git(forge.project, "checkout", "--quiet", "-b", "another")
    forge.push("refs/heads/another")
    run = run_night(forge, "workflow_dispatch")
    assert (run.exit_code, run.steps) == (0, {}), run.log
