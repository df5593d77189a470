"""Revisions as commits. The working tree becomes a commit too, so that an edit during the measurement changes nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from history.collect.process import SUITE
from history.git import git
from history.records import BadInput

WORKING_TREE = "working tree"
# The same content gives the same commit, whoever freezes it and whenever: a resumed comparison knows its head again.
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "history"), ("EMAIL", "history@localhost"), ("DATE", "2000-01-01T00:00:00Z"))
}


def repository() -> Path:
    """Top of the repository that the command runs in."""
    return Path(git(Path.cwd(), "rev-parse", "--show-toplevel"))


def suite(repository: Path) -> Path:
    """Where the suite lies in the repository, which may hold more than it: at the command's folder, or the nearest one above."""
    here = Path(git(Path.cwd(), "rev-parse", "--show-prefix"))
    return next((each for each in (here, *here.parents) if (repository / each / SUITE).is_dir()), Path())


def commit(repository: Path, revision: str, besides: Path) -> str:
    """Full hash. `besides`: a folder that is no part of the working tree, whatever git thinks of it."""
    if revision == WORKING_TREE:
        return _freeze(repository, besides)
    if revision.startswith("-"):
        raise BadInput(f"{revision!r} is no revision. Give a commit, a branch or a tag.")
    try:
        return git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except BadInput as error:
        mend = "Give a commit, a branch or a tag; a shallow clone lacks most."
        raise BadInput(f"{revision!r} is no revision of {repository.name}. {mend}") from error


def _freeze(repository: Path, besides: Path) -> str:
    """A commit of all files that git does not ignore. The repository's own index stays as it is."""
    try:
        parent = git(repository, "rev-parse", "--verify", "HEAD^{commit}")
    except BadInput as error:
        raise BadInput(f"{repository}: has no commit yet, so there is nothing to compare with. Make the first one.") from error
    with tempfile.TemporaryDirectory(prefix="history-index-") as folder:
        environment = _IDENTITY | {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(repository, "read-tree", "HEAD", environment=environment)
        git(repository, "add", "--all", "--", ".", environment=environment)
        if besides.resolve().is_relative_to(repository.resolve()):
            apart = str(besides.resolve().relative_to(repository.resolve()))
            git(repository, "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", apart, environment=environment)
        tree = git(repository, "write-tree", environment=environment)
        if tree == git(repository, "rev-parse", "HEAD^{tree}"):
            return parent
        return git(repository, "commit-tree", tree, "-p", parent, "-m", "The working tree, frozen to be measured", environment=environment)
