"""tests.yml, run by act: which label of tox for which event. What tox does with it is the README's test command."""

from __future__ import annotations

import pytest

from tests.workflows.forge import REPOSITORY, Forge


@pytest.mark.parametrize(
    ("event", "job", "labels"),
    [("push", "tests", ["tests", "slow"]), ("pull_request", "tests", ["tests", "slow"]), ("schedule", "thorough", ["thorough"])],
)
def test_what_is_run(forge: Forge, event: str, job: str, labels: list[str]) -> None:
    forge.push("refs/heads/main")
    forge.push("refs/pull/7/merge")
    run = forge.run("tests.yml", event, {"number": 7, "ref": "refs/heads/main", "repository": {"full_name": REPOSITORY}})
    assert run.jobs == {job: "success"}, run.log
    assert (forge.folder / "tox.txt").read_text() == "".join(f"run -m {label}\n" for label in labels)
