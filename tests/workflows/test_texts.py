"""The workflows as GitHub would read them, and as somebody who means harm would."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from fixtures.models.folder import shipped
from history.gate.markdown import MARKER
from tests.workflows.programs import program

WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
EACH = pytest.mark.parametrize("workflow", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)


def run(tool: str, *arguments: str) -> None:
    done = subprocess.run([program(tool), *arguments], cwd=WORKFLOWS.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def text(name: str) -> str:
    return (WORKFLOWS / name).read_text()


def test_all_are_there() -> None:
    assert {path.name for path in WORKFLOWS.iterdir()} == {"tests.yml", "gate.yml", "nightly.yml"}


@EACH
def test_schema(workflow: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow))


@EACH
def test_security(workflow: Path) -> None:
    run("zizmor", "--offline", "--no-progress", "--persona=pedantic", str(workflow))


@EACH
def test_expressions_and_shell(workflow: Path) -> None:
    """actionlint has the scripts read by shellcheck, which is beside it."""
    run("actionlint", f"-shellcheck={program('shellcheck')}", "-pyflakes=", str(workflow))


@pytest.mark.parametrize(
    ("sound", "faulty", "said"),
    [
        ("needs.measure.result", "needs.measured.result", 'property "measured" is not defined'),
        ('>> "$GITHUB_STEP_SUMMARY"', ">> $GITHUB_STEP_SUMMARY", "SC2086"),
        ("[self-hosted, gpu]", "[self-hosted, cpu]", 'label "cpu" is unknown'),
    ],
)
def test_a_fault_would_be_found(tmp_path: Path, sound: str, faulty: str, said: str) -> None:
    """With the configuration that the project has."""
    assert sound in text("gate.yml")
    changed = tmp_path / "gate.yml"
    changed.write_text(text("gate.yml").replace(sound, faulty))
    configuration = WORKFLOWS.parent / "actionlint.yaml"
    arguments = (f"-config-file={configuration}", f"-shellcheck={program('shellcheck')}", "-pyflakes=", str(changed))
    done = subprocess.run([program("actionlint"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stdout


@EACH
def test_actions_are_pinned_with_their_version_beside(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text())
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used)


def test_the_gate_runs_no_fork_and_asks_first() -> None:
    measure, comment = text("gate.yml").split("\n  comment:\n")
    assert "if: github.event.pull_request.head.repo.full_name == github.repository" in measure
    assert "environment: gpu" in measure
    assert ": write" not in measure
    assert "checkout" not in comment  # the job that may write has none of the pull request's code
    assert "pull_request_target" not in measure


def test_the_nightly_measures_three_models_that_ship_and_the_gate_the_default_one() -> None:
    nightly = re.findall(r"--model (\w+)", text("nightly.yml"))
    assert nightly == ["resnet50", "vit_b_16", "text_encoder"]
    assert set(nightly) <= set(shipped())
    assert "--model" not in text("gate.yml")


def test_a_gpu_runner_without_its_gpu_measures_nothing() -> None:
    """The gate passes on what follows `--`, to pytest on both sides."""
    assert re.search(r"-m history gate .*? -- --require-gpu\n", text("gate.yml"), re.DOTALL)
    assert re.search(r"-m pytest benchmarks .*? --require-gpu ", text("nightly.yml"), re.DOTALL)


def test_the_comment_is_found_again() -> None:
    assert f'const MARKER = "{MARKER}";' in text("gate.yml")
