"""git, asked by a command: what it refuses is bad input."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness.record.git import GitError, ask
from history.records import BadInput


def git(repository: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """One line, or a path, which need not be UTF-8. Raises BadInput with git's own reason."""
    try:
        return os.fsdecode(ask(repository, *arguments, environment=environment)).rstrip("\n")
    except GitError as error:
        raise BadInput(f"git {arguments[0]} in {repository}: {error}") from error
