"""Repositories of git to ask, and the variables that a hook of another one has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *IDENTITY, *arguments], check=True, capture_output=True)
    return done.stdout.decode(errors="replace").strip()


def create(folder: Path, files: dict[str, str]) -> str:
    """Its one commit."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet")
    return commit(folder)


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=what is there")
    return git(folder, "rev-parse", "HEAD")


def hook_variables(other: Path) -> dict[str, str]:
    """What a hook of `other` finds in its environment, and what else sends git elsewhere or changes what it prints."""
    return {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git" / "objects"),
        "GIT_COMMON_DIR": str(other / ".git"),
        "GIT_CEILING_DIRECTORIES": "/",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_PREFIX": "elsewhere/",
        "GIT_QUARANTINE_PATH": str(other),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
        "GIT_AUTHOR_DATE": "never",
        "GIT_TRACE": "1",
    }


def use_git_that_finds_another_owner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every repository is somebody else's, as for a container's root; it is git's own variable for its own tests of that."""
    real = shutil.which("git")
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
