"""A run is filed under the commit of the suite that measured it, or under none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.session.commit import DETACHED, NO_BRANCH, UNVERSIONED, commit_info
from tests import repositories
from tests.repositories import git, hook_variables, use_git_that_finds_another_owner
from tests.session.conftest import PROJECT, InnerRun

SUITE = {"harness/a.py": "", "benchmarks/b.py": ""}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    repositories.create(tmp_path / "suite", SUITE)
    return tmp_path / "suite"


def below(folder: Path) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in SUITE.items()}


def copy_into(outer: Path) -> Path:
    """The suite's files in a folder of another repository, not added to it."""
    repositories.create(outer, {"other.py": ""})
    for name, text in below(Path("bench")).items():
        (outer / name).parent.mkdir(parents=True, exist_ok=True)
        (outer / name).write_text(text)
    return outer / "bench"


def test_its_own_commit(suite: Path) -> None:
    git(suite, "remote", "add", "origin", "git@example.org:them/flowers.github.git")
    info = commit_info(suite)
    assert info["id"] == git(suite, "rev-parse", "HEAD")
    assert info["time"] == git(suite, "show", "-s", "--format=%cI")
    assert info["author_time"] == git(suite, "show", "-s", "--format=%aI")
    assert (info["branch"], info["dirty"], info["project"]) == ("main", False, "flowers.github")
    assert commit_info(suite, "named")["project"] == "named"


def test_a_detached_and_changed_one(suite: Path) -> None:
    git(suite, "checkout", "--quiet", "--detach")
    (suite / "new.py").touch()
    assert (commit_info(suite)["branch"], commit_info(suite)["dirty"]) == (DETACHED, False)  # as pytest-benchmark has it
    (suite / "harness/a.py").write_text("changed")
    assert commit_info(suite)["dirty"] is True


def test_in_a_hook_of_another_repository(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repositories.create(tmp_path / "other", SUITE | {"other.py": ""})
    (suite / "harness/a.py").write_text("changed")
    before = commit_info(suite)
    for name, value in hook_variables(tmp_path / "other").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "other")
    assert commit_info(suite) == before


def test_in_a_repository_of_many_things_it_is_that_one_s_commit(tmp_path: Path) -> None:
    commit = repositories.create(tmp_path / "all", below(Path("bench")) | {"other.py": ""})
    (tmp_path / "all/other.py").write_text("somebody else's work")
    info = commit_info(tmp_path / "all/bench")
    assert (info["id"], info["dirty"]) == (commit, False)
    (tmp_path / "all/bench/harness/a.py").write_text("ours")
    assert commit_info(tmp_path / "all/bench")["dirty"] is True


@pytest.mark.parametrize("ignored", ["", "bench/", "*"])
def test_copied_into_a_repository_it_has_none(tmp_path: Path, ignored: str) -> None:
    folder = copy_into(tmp_path / "outer")
    (tmp_path / "outer/.gitignore").write_text(ignored)
    assert commit_info(folder) == {
        "id": "unversioned",
        "time": None,
        "author_time": None,
        "dirty": False,
        "project": "bench",
        "branch": NO_BRANCH,
    }


def test_what_is_added_but_in_no_commit_has_none(tmp_path: Path) -> None:
    folder = copy_into(tmp_path / "outer")
    git(tmp_path / "outer", "add", "--all")
    assert commit_info(folder)["id"] == UNVERSIONED
    assert repositories.commit(tmp_path / "outer") == commit_info(folder)["id"]


def test_as_a_submodule_and_as_a_worktree_it_has_its_own(suite: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    repositories.create(outer, SUITE | {"other.py": ""})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(suite), "bench")
    git(suite, "worktree", "add", "--quiet", "--detach", str(outer / "tree"))
    own = git(suite, "rev-parse", "HEAD")
    assert commit_info(outer / "bench")["id"] == commit_info(outer / "tree")["id"] == own != git(outer, "rev-parse", "HEAD")


def test_without_a_repository_without_a_commit_and_without_git(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("plain", "empty"):
        (tmp_path / folder / "harness").mkdir(parents=True)
    git(tmp_path / "empty", "init", "--quiet")
    for folder in ("plain", "empty"):
        assert commit_info(tmp_path / folder)["id"] == UNVERSIONED
        assert "error" not in commit_info(tmp_path / folder)
    monkeypatch.setenv("PATH", "/nowhere")
    found = commit_info(suite)
    assert (found["id"], found["error"]) == ("unversioned", "git is not installed, or not on PATH")


def test_another_owner_s_repository_is_told(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_git_that_finds_another_owner(tmp_path / "bin", monkeypatch)
    found = commit_info(suite)
    assert found["id"] == UNVERSIONED
    assert "git config --global --add safe.directory" in found["error"]


def test_a_branch_need_not_be_utf_8(suite: Path) -> None:
    head = suite / ".git/refs/heads/caf\udce9"
    head.write_text(git(suite, "rev-parse", "HEAD") + "\n")
    (suite / ".git/HEAD").write_bytes(b"ref: refs/heads/caf\xe9\n")
    assert commit_info(suite)["branch"] == "caf\ufffd"


def test_a_session_in_a_hook_of_another_repository(inner: InnerRun, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The JSON, the journal and the name of the file are of the suite's commit, wherever pytest was started."""
    other = tmp_path_factory.mktemp("other")
    repositories.create(other, SUITE)
    repositories.create(inner.folder, {"of_somebody_else.py": ""})
    inner.use("sound", "queued")
    inner.set(**hook_variables(other))
    code, output = inner.run("-k", "train_step and stock", "--benchmark-autosave", "--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK, output
    own = git(PROJECT, "rev-parse", "HEAD")
    assert inner.json()["commit_info"]["id"] == own
    (saved,) = inner.folder.glob(".benchmarks/*/0001_*.json")
    assert re.fullmatch(rf"0001_{own}_\d{{8}}_\d{{6}}(_uncommitted-changes)?\.json", saved.name)


def test_a_session_without_git_says_why_it_has_no_commit(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    inner.set(PATH="/nowhere")
    code, output = inner.run("-k", "train_step and stock", "--benchmark-autosave")
    assert code == pytest.ExitCode.OK, output
    assert "commit: unversioned, as git does not tell it: git is not installed, or not on PATH" in output
    assert [each.name[:17] for each in inner.folder.glob(".benchmarks/*/0001_*.json")] == ["0001_unversioned_"]
