"""What the nightly workflow does with the branch of nights, by its own words, on a repository that lies beside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights
from tests.repositories import commit, create, git

PROJECT = Path(__file__).parents[3]
WORKFLOW = PROJECT / ".github" / "workflows" / "nightly.yml"
BRANCH = "benchmark-history"
STEP = re.compile(r"      - name: Keep the night on the branch\n        run: \|\n((?:          .*\n)+)")
NIGHTS = 4


class Nightly:
    """A remote, and the nights that come."""

    def __init__(self, folder: Path) -> None:
        (found,) = STEP.findall(WORKFLOW.read_text())
        self._script = textwrap.dedent(found)
        self._folder = folder
        self.remote = folder / "remote"
        create(self.remote, {"README.md": "the project"})
        (folder / "bin").mkdir()
        self._programs: dict[str, str] = {}
        self.program("gh", "exit 0")
        self.program("git", f'exec "{shutil.which("git")}" "$@"')
        self.program("python", f'exec "{sys.executable}" "$@"')
        self.nights = Nights(Machine(nights=NIGHTS, rounds=4, cases=many_cases(2))).write(folder / "measured")

    def program(self, name: str, script: str) -> str:
        """What the runner has under that name. What it had before."""
        path = self._folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        before, self._programs[name] = self._programs.get(name, ""), script
        return before

    def keep(self, night: int) -> subprocess.CompletedProcess[str]:
        """In a checkout of its own, as each job has it."""
        checkout = self._folder / f"checkout {len(list(self._folder.iterdir()))}"
        git(self._folder, "clone", "--quiet", "--depth=1", f"file://{self.remote}", str(checkout))
        (checkout / "nightly").mkdir()
        (checkout / "nightly" / "run.json").write_bytes(self.nights[night].read_bytes())
        environment = os.environ | {
            "PATH": f"{self._folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            "XDG_CACHE_HOME": str(self._folder / "cache"),
            "BRANCH": BRANCH,
            "RAW_NIGHTS": "1",
            "GITHUB_SHA": "a" * 40,
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-c", self._script]  # as GitHub runs what names no shell
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    def files(self) -> dict[str, str]:
        """Of the branch: their blobs by name."""
        lines = git(self.remote, "ls-tree", "-r", BRANCH).splitlines()
        return {name: blob for blob, name in (line.split(" ")[-1].split("\t") for line in lines)}


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


def expect_done(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_nights_come_and_the_branch_has_one_commit(nightly: Nightly) -> None:
    """So that what an older night was with its rounds is in no history."""
    for night in range(2):
        expect_done(nightly.keep(night))
    before = nightly.files()
    expect_done(nightly.keep(2))
    after = nightly.files()
    assert (len(before), len(after)) == (2, 3)
    assert sum(after[name] != blob for name, blob in before.items()) == 1  # the one that was condensed
    assert git(nightly.remote, "rev-list", "--count", BRANCH) == "1"
    assert git(nightly.remote, "rev-list", "--count", "main") == "1"


def test_a_branch_of_before_is_taken_over(nightly: Nightly) -> None:
    """Whose files are indented, and whose history has a commit a night."""
    git(nightly.remote, "checkout", "--quiet", "--orphan", BRANCH)
    git(nightly.remote, "rm", "--quiet", "-rf", ".")
    for path in nightly.nights[:3]:
        (nightly.remote / path.name).write_bytes(path.read_bytes())
        commit(nightly.remote)
    git(nightly.remote, "checkout", "--quiet", "main")
    expect_done(nightly.keep(3))
    names = sorted(nightly.files())
    assert names[:3] == [f"{path.name}.gz" for path in nightly.nights[:3]]
    assert len(names) == 4
    assert git(nightly.remote, "rev-list", "--count", BRANCH) == "1"


def test_what_is_there_is_never_replaced_by_less(nightly: Nightly) -> None:
    expect_done(nightly.keep(0))
    before = nightly.files()
    git_itself = shutil.which("git")
    nothing = "tar --create --files-from=/dev/null"  # a whole archive, as far as can be told from it
    faults = ("git", '[ "$1" = fetch ] && exit 128'), ("git", f'[ "$1" = archive ] && {{ {nothing}; exit 1; }}'), ("python", "exit 2")
    for name, fault in faults:
        original = nightly.program(name, f'{fault}\nexec {git_itself} "$@"')
        assert nightly.keep(1).returncode != 0, fault
        assert nightly.files() == before, fault
        nightly.program(name, original)
    other = f"{git_itself} -C '{nightly.remote}' update-ref refs/heads/{BRANCH} main"
    nightly.program("git", f'[ "$1" = commit-tree ] && {other}\nexec {git_itself} "$@"')
    assert nightly.keep(1).returncode != 0
    assert nightly.files().keys() == {"README.md"}  # of whoever was quicker
