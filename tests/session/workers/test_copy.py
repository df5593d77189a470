"""The copy of this project that a worker elsewhere runs: another one than this is named, with the file that differs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from harness.record.fairness import SURROUNDINGS
from harness.session.workers.copy import ROOT
from harness.session.workers.worker import Worker, WorkerStartError

SSH = """#!/bin/sh
for last; do :; done
exec sh -c "$last"
"""
IGNORED = shutil.ignore_patterns("__pycache__")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is imported, and an ssh that runs here what it is given."""
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for name in ("fixtures", "harness", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "flowers" / name, ignore=IGNORED)
    return tmp_path / "flowers"


def start(folder: Path) -> None:
    """A worker of that copy; the folders that are imported here are nowhere on its machine."""
    Worker("pytorch", f"ssh=there//python={shlex.quote(sys.executable)}//chdir={folder}", SURROUNDINGS, [str(folder)]).close()


def test_the_same_files_are_a_copy_whatever_else_differs(copied: Path) -> None:
    for name in ("harness/session/options.py", "tests/__init__.py"):
        (copied / name).write_text("# not the worker's")
    start(copied)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("harness/worker/serve.py",), "harness/worker/serve.py is not as here"),
        (
            ("harness/worker/serve.py", "fixtures/models/mlp/model.toml"),
            "fixtures/models/mlp/model.toml is not as here, the first of 2 such files",
        ),
    ],
)
def test_a_copy_of_another_commit_is_named(copied: Path, changed: tuple[str, ...], told: str) -> None:
    for name in changed:
        with (copied / name).open("a") as file:
            file.write("# of another commit")
    with pytest.raises(WorkerStartError) as raised:
        start(copied)
    assert f"(its copy of this project, {copied}, is another one: " in str(raised.value)
    assert told in str(raised.value)
    assert str(raised.value).endswith("or name the folder that has it with //chdir=PATH")


def test_a_file_more_or_less_is_a_difference_too(copied: Path) -> None:
    (copied / "harness" / "worker" / "more.py").touch()
    with pytest.raises(WorkerStartError, match=r"worker/more\.py"):
        start(copied)
    (copied / "harness" / "worker" / "more.py").unlink()
    (copied / "harness" / "worker" / "serve.py").unlink()
    with pytest.raises(WorkerStartError, match=r"worker/serve\.py"):
        start(copied)
