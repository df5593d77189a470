"""Commits that are kept as text: git knows them by their hashes again, in a repository that has nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from history.report.commits import Commits
from tests.history.report import example_commits
from tests.history.report.commits_repository import commits

MESSAGES = ["Before all of them", "The first", "The second", "The third"]


@pytest.fixture
def hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of those that were kept; what came before them was not."""
    found = commits(tmp_path / "clone", MESSAGES)[1:]
    monkeypatch.setattr(example_commits, "COMMITS", tmp_path / "commits")
    example_commits.stored(tmp_path / "clone", found)
    return found


def test_they_are_known_and_follow_each_other(tmp_path: Path, hashes: list[str]) -> None:
    known = Commits(example_commits.repository(tmp_path / "repository"), hashes)
    assert [known.known[each].subject for each in hashes] == MESSAGES[1:]
    between = known.between(hashes[0], hashes[2])
    assert between is not None
    assert [each.subject for each in between.commits] == ["The third", "The second"]


def test_one_that_was_changed_is_refused(tmp_path: Path, hashes: list[str]) -> None:
    path = example_commits.COMMITS / f"2-{hashes[1]}"
    path.write_text(path.read_text().replace("The second", "Another"))
    with pytest.raises(RuntimeError, match="not the one that it is called"):
        example_commits.repository(tmp_path / "repository")
