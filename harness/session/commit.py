"""The commit that is measured: that of the suite's own folder, wherever pytest was started, and whatever a hook's variables say."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.utils import get_current_time

from harness.record.git import GitError, ask

SUITE = Path(__file__).parents[2]
PART = "harness"  # of the suite: a commit that has it is the suite's
UNVERSIONED, NO_BRANCH, DETACHED = "unversioned", "(unknown)", "(detached head)"  # pytest-benchmark's words
COMMIT: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """pytest-benchmark has named the file by what git says where pytest was started."""
    if getattr(config.option, "benchmark_autosave", None):
        config.option.benchmark_autosave = _file_name(_commit(config))


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_commit_info(config: pytest.Config) -> dict[str, Any]:
    """Once a session: as it was when the session began."""
    return copy.deepcopy(_commit(config))


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    known = config.stash.get(COMMIT, {})
    return [f"commit: {UNVERSIONED}, as git does not tell it: {known['error']}"] if "error" in known else []


def commit_info(folder: Path, project: str | None = None) -> dict[str, Any]:
    """As pytest-benchmark has it. A repository that the suite was copied into, and that has none of it, has not its commit either."""
    unknown = {"id": UNVERSIONED, "time": None, "author_time": None, "dirty": False, "project": project or folder.name, "branch": NO_BRANCH}
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return unknown
    try:
        ask(folder, "rev-parse", "--git-dir")
        if not _tells(folder, "rev-parse", "--verify", f"HEAD:./{PART}"):
            return unknown
        hash_, time, author_time = _text(folder, "log", "-1", "--no-show-signature", "--format=%H%n%cI%n%aI").splitlines()
        return {
            "id": hash_,
            "time": time,
            "author_time": author_time,
            "dirty": bool(ask(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")),
            "project": project or _project(folder),
            "branch": _tells(folder, "symbolic-ref", "--short", "HEAD") or DETACHED,
        }
    except GitError as error:
        return unknown | {"error": str(error)}


def _commit(config: pytest.Config) -> dict[str, Any]:
    if COMMIT not in config.stash:
        config.stash[COMMIT] = commit_info(SUITE, config.getoption("benchmark_project_name", None))
    return config.stash[COMMIT]


def _file_name(commit: dict[str, Any]) -> str:
    """As pytest-benchmark makes it."""
    parts = [commit["id"], get_current_time(), *(["uncommitted-changes"] if commit["dirty"] else [])]  # type: ignore[no-untyped-call]
    return "_".join(parts)


def _project(folder: Path) -> str:
    """By the repository that it came from, else by its folder."""
    parts = [part for part in re.split(r"[/:\s\\]|\.git\b", _tells(folder, "config", "--local", "remote.origin.url")) if part]
    return parts[-1] if parts else folder.name


def _tells(folder: Path, *arguments: str) -> str:
    """Nothing where git refuses, which it does where there is no such thing."""
    try:
        return _text(folder, *arguments)
    except GitError:
        return ""


def _text(folder: Path, *arguments: str) -> str:
    return ask(folder, *arguments).decode(errors="replace").strip()
