"""gate.yml, run from its first step to its last by act: a pull request's life."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from history.gate.markdown import MARKER
from tests.worker.nvml import fake
from tests.workflows import planted_project
from tests.workflows.forge import REPOSITORY, Forge, Run

pytestmark = [pytest.mark.slow, pytest.mark.early]

MERGED = "refs/pull/7/merge"
NO_CONTEXT = f"{fake.H100}fail nvmlInitWithFlags 999\n"


def run_gate(forge: Forge, of: str = REPOSITORY, draft: bool = False, **how: Any) -> Run:
    request = {"number": 7, "draft": draft, "base": {"ref": "main"}, "head": {"ref": "change", "repo": {"full_name": of}}}
    payload = {"number": 7, "pull_request": request, "repository": {"full_name": REPOSITORY}}
    return forge.run("gate.yml", "pull_request", payload, **how)


def pairs(forge: Forge) -> dict[str, bytes]:
    """Of the artifact."""
    return {path.name: path.read_bytes() for path in (forge.folder / "artifacts" / "gate").glob("[0-9]*.json")}


def decision(forge: Forge) -> dict[str, Any]:
    return json.loads((forge.folder / "artifacts" / "gate" / "decision.json").read_text())  # type: ignore[no-any-return]


def in_its_second_pair(runners: Path) -> bool:
    return any(runners.glob("*/hostexecutor/gate/02-head.json"))


def test_a_pull_request_from_its_first_run_to_a_push_that_breaks_it(forge: Forge) -> None:
    """Its base is older than --require-gpu; its first run is cancelled, and run again."""
    with planted_project.without_require_gpu(forge.project):
        base = forge.push("refs/heads/main")
    head = forge.push(MERGED)

    cancelled = run_gate(forge, until=in_its_second_pair)
    assert cancelled.jobs["measure"] == "failure"
    assert cancelled.steps_of("comment") == []
    before = pairs(forge)
    assert {"01-base.json", "01-head.json", "02-head.json"} <= before.keys()

    again = run_gate(forge, attempt=2)
    assert again.jobs == {"measure": "success", "comment": "success"}, again.log
    assert again.steps["measure/The pairs of an attempt before this one"] == "success"
    sentence = f"--base: the suite of {base[:12]} does not know --require-gpu, and is measured without it."
    assert sentence in again.log
    after = pairs(forge)
    assert all(after[name] == before[name] for name in ("01-base.json", "01-head.json"))
    assert len(after) == 8
    decided = decision(forge)
    assert (decided["base_commit"], decided["head_commit"]) == (base, head)
    assert {case["verdict"] for case in decided["cases"]} == {"ok"}
    (comment,) = forge.comments()
    assert comment.startswith(MARKER)
    assert comment == again.summary

    planted_project.break_framework(forge.project, "tensorflow")
    forge.push(MERGED)
    broken = run_gate(forge)
    assert broken.jobs == {"measure": "failure", "comment": "success"}, broken.log
    assert "❌" in broken.summary
    assert forge.comments() == [broken.summary]  # the one of before, renewed
    assert (forge.folder / "artifacts" / "gate" / "decision.xml").is_file()
    assert not list((forge.folder / "temporary").iterdir())  # no worktree of either commit


def test_a_runner_without_its_gpu_decides_nothing(forge: Forge) -> None:
    forge.push("refs/heads/main")
    forge.push(MERGED)
    forge.use_gpu(NO_CONTEXT)
    refused = run_gate(forge)
    assert refused.jobs == {"measure": "failure", "comment": "failure"}, refused.log
    assert "pytest ended with exit code 4 on the base side" in refused.log
    assert "--require-gpu: no GPU can be opened (Unknown Error)" in (forge.folder / "artifacts" / "gate" / "01-base.log").read_text()
    assert "The gate decided nothing: see the log of the job that measured." in refused.log
    assert refused.summary == ""
    assert forge.comments() == []


def test_nor_does_one_whose_base_cannot_tell(forge: Forge) -> None:
    """The base is older than --require-gpu, and would take the CPU."""
    with planted_project.without_require_gpu(forge.project):
        forge.push("refs/heads/main")
    forge.push(MERGED)
    forge.use_gpu(NO_CONTEXT)
    refused = run_gate(forge)
    assert refused.jobs == {"measure": "failure", "comment": "failure"}, refused.log
    assert "--head: pytest ended with exit code 4: ERROR: --require-gpu: no GPU can be opened (Unknown Error)" in refused.log
    assert not list((forge.folder / "artifacts" / "gate").glob("01-*"))


@pytest.mark.parametrize("how", [{"of": "somebody/fork"}, {"draft": True}])
def test_forks_and_drafts_are_not_measured(forge: Forge, how: dict[str, Any]) -> None:
    forge.push("refs/heads/main")
    forge.push(MERGED)
    run = run_gate(forge, **how)
    assert (run.exit_code, run.steps) == (0, {}), run.log
