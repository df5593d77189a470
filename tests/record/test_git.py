"""git is asked about one folder, and what it refuses is told by its reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.record.git import GitError, ask, reason, surroundings
from tests import repositories
from tests.repositories import git, hook_variables, use_git_that_finds_another_owner


@pytest.fixture
def own(tmp_path: Path) -> Path:
    repositories.create(tmp_path / "own", {"file": "1"})
    return tmp_path / "own"


def test_a_hook_s_variables_are_not_ours(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    repositories.create(other, {"file": "2"})
    own_commit = git(own, "rev-parse", "HEAD")
    for name, value in hook_variables(other).items():
        with monkeypatch.context() as context:
            context.setenv(name, value)
            assert ask(own, "rev-parse", "HEAD").decode().strip() == own_commit, name
            assert ask(own, "show", "HEAD:file") == b"1", name
            assert ask(own, "status", "--porcelain") == b"", name
    every = hook_variables(other)
    assert surroundings(every) == {}


def test_how_git_is_installed_and_configured_stays() -> None:
    kept = {
        "PATH": "/bin",
        "GIT_EXEC_PATH": "/opt/git",
        "GIT_CONFIG_GLOBAL": "/etc/ci",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
    }
    assert surroundings(kept | {"GIT_CONFIG": "elsewhere", "GIT_DIR": ""}) == kept


def test_another_owner_s_repository_is_refused_with_git_s_reason_and_mend(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_git_that_finds_another_owner(tmp_path / "bin", monkeypatch)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with pytest.raises(GitError, match=r"^fatal: .*(dubious ownership|unsafe repository).* git config --global --add safe\.directory"):
        ask(own, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert ask(own, "show", "HEAD:file") == b"1"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Preparing worktree (detached HEAD 1234567)\nfatal: '/x' already exists\n", "fatal: '/x' already exists"),
        ("fatal: bad revision 'x'\nhint: try another\n", "fatal: bad revision 'x'"),
        ('warning: w\nerror: open("f"): denied\nfatal: adding files failed\n', 'error: open("f"): denied fatal: adding files failed'),
        ("fatal: why\n\n\tgit mend\nhint: more\n", "fatal: why git mend"),
        ("only this\nand that\n", "and that"),
        ("error: 1\n" * 100, " ".join(["error: 1"] * 6)),
        ("", ""),
        ("hint: nothing else\n", ""),
    ],
)
def test_the_reason_is_what_git_calls_one(said: str, told: str) -> None:
    assert reason(said) == told


def test_what_is_refused_without_a_word_has_its_exit_code(own: Path) -> None:
    with pytest.raises(GitError, match=r"^exit code 1$"):
        ask(own, "rev-parse", "--verify", "--quiet", "nothing")


def test_without_git(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="not installed"):
        ask(own, "rev-parse", "HEAD")


def test_no_hook_is_run(own: Path, tmp_path: Path) -> None:
    """Neither those of the repository nor those of a tool that has put them elsewhere."""
    for configured in ("", str(tmp_path / "hooks")):
        folder = Path(configured or own / ".git" / "hooks")
        folder.mkdir(exist_ok=True)
        for name in ("post-checkout", "reference-transaction", "post-index-change"):
            (folder / name).write_text("#!/bin/sh\necho it was called; exit 1\n")
            (folder / name).chmod(0o755)
        if configured:
            git(own, "config", "core.hooksPath", configured)
        ask(own, "worktree", "add", "--detach", str(tmp_path / f"tree{len(configured)}"), "HEAD")


def test_a_path_need_not_be_utf_8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9 \xc3\xbc"))
    repositories.create(folder, {"file": "3"})
    assert Path(os.fsdecode(ask(folder, "rev-parse", "--show-toplevel").rstrip(b"\n"))) == folder.resolve()
