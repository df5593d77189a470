"""What the repository around the suite is like, and what it is called from: a hook, a larger repository, another owner's, none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from history.__main__ import main
from history.collect.collector import _check_out
from history.collect.reaper import Reaper
from history.collect.revision import WORKING_TREE, commit, repository, suite
from history.git import git as asked
from history.records import BadInput, read
from tests import repositories
from tests.history import planted_suite
from tests.history.test_collect import history
from tests.repositories import git, hook_variables, use_git_that_finds_another_owner

CASES = ("benchmarks/test_train_step.py::test_train_step[pytorch]",)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return planted_suite.create(tmp_path / "project")


def in_a_larger_one(outer: Path) -> Path:
    """The planted suite in a folder of a repository that has it."""
    inner = planted_suite.create(outer / "tools" / "bench")
    for path in sorted((inner / ".git").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (inner / ".git").rmdir()
    repositories.create(outer, {"other.py": ""})
    return inner


def test_the_gate_in_a_hook_of_another_repository_with_hooks_of_its_own(project: Path, tmp_path: Path, temporary: Path) -> None:
    """It measures the suite's commits: they, and no other ones, are in its files, though the suite asks git where it is."""
    other = tmp_path / "other"
    repositories.create(other, {"other.py": ""})
    hook = project / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho nothing works >&2\nexit 1\n")
    hook.chmod(0o755)
    own = git(project, "rev-parse", "HEAD")
    index = (other / ".git" / "index").read_bytes()
    code, output, errors = history(project, "gate", "--base", "base", "--max-pairs", "4", "--", "-k", "pytorch", **hook_variables(other))
    assert code == 0, output + errors
    folder = project / ".benchmarks/gate"
    assert {read(path).commit for path in folder.glob("0*.json")} == {own}
    assert (other / ".git" / "index").read_bytes() == index
    assert len(git(project, "worktree", "list").splitlines()) == len(git(other, "worktree", "list").splitlines()) == 1
    assert list(temporary.iterdir()) == []


def test_the_working_tree_is_frozen_into_its_own_repository(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted_suite.plant(project, 0.1)
    monkeypatch.chdir(project)
    before = commit(project, WORKING_TREE, besides=project / ".benchmarks")
    other = tmp_path / "other"
    repositories.create(other, {"other.py": ""})
    for name, value in hook_variables(other).items():
        monkeypatch.setenv(name, value)
    assert repository() == project.resolve()
    assert commit(project, WORKING_TREE, besides=project / ".benchmarks") == before


def test_in_a_larger_repository_the_suite_is_found_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    inner = in_a_larger_one(tmp_path / "outer")
    code, output, errors = history(inner, "gate", "--base", "HEAD", "--max-pairs", "4", "--", "-k", "pytorch")
    assert code == 0, output + errors
    run = read(inner / ".benchmarks/gate/04-head.json")
    assert [row.fullname for row in run.rows] == list(CASES)
    assert run.commit == git(tmp_path / "outer", "rev-parse", "HEAD")
    for folder, expected in ((inner / "benchmarks", "tools/bench"), (inner, "tools/bench"), (tmp_path / "outer", ".")):
        monkeypatch.chdir(folder)
        assert suite(repository()) == Path(expected)


def test_a_revision_without_the_suite_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], temporary: Path
) -> None:
    outer = tmp_path / "outer"
    before = repositories.create(outer, {"other.py": ""})
    inner = in_a_larger_one(outer)
    monkeypatch.chdir(inner)
    assert main(("gate", "--base", before)) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"--base: {before} has no tools/bench/benchmarks. Commit the suite first.")
    assert list(temporary.iterdir()) == []


def test_another_owner_s_repository(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_git_that_finds_another_owner(tmp_path / "bin", monkeypatch)
    monkeypatch.chdir(project)
    assert main(("gate", "--base", "base")) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert "fatal: " in told
    assert f"git config --global --add safe.directory {project}" in told


def test_a_repository_without_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet")
    monkeypatch.chdir(tmp_path)
    assert main(("noise",)) == 2
    assert "has no commit yet" in capsys.readouterr().err


def test_a_checkout_that_fails_tells_git_s_reason(project: Path, temporary: Path) -> None:
    """The last line is what it was doing."""
    (project / ".gitattributes").write_text("*.json filter=broken\n")
    git(project, "config", "filter.broken.smudge", "false")
    git(project, "config", "filter.broken.clean", "cat")
    git(project, "config", "filter.broken.required", "true")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=filtered")
    with Reaper(os.environ) as reaper, pytest.raises(BadInput, match=r"git worktree in .*: (error: .*|)fatal: .*step_seconds\.json"):
        _check_out(project, project / ".benchmarks", "head", "HEAD", reaper)
    assert list(temporary.iterdir()) == []


def test_a_folder_s_name_need_not_be_utf_8(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9"))
    planted_suite.create(folder)
    (folder / os.fsdecode(b"na\xefve.txt")).touch()
    monkeypatch.chdir(folder)
    assert repository() == folder.resolve()
    frozen = commit(folder, WORKING_TREE, besides=folder / ".benchmarks")
    assert frozen != asked(folder, "rev-parse", "HEAD")
    with Reaper(os.environ) as reaper:
        tree = _check_out(folder, folder / ".benchmarks", "head", frozen, reaper)
        assert (tree / os.fsdecode(b"na\xefve.txt")).is_file()
    assert list(temporary.iterdir()) == []
    assert len(git(folder, "worktree", "list").splitlines()) == 1
