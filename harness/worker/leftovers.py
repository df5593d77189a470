"""What a shell has left in a worker's environment: dropped before anything is imported that reads it."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Container, Iterable, Iterator

PLACES = ("_DIR", "_FILE", "_HOME", "_PATH", "_PYTHON")  # how names end that say where something lies


def found(environment: Iterable[str], patterns: Iterable[str], kept: Container[str]) -> Iterator[str]:
    """The names that fit a pattern. kept: what a worker was given on purpose."""
    patterns = tuple(patterns)
    for name in environment:
        if name not in kept and not name.endswith(PLACES) and any(fnmatch.fnmatchcase(name, each) for each in patterns):
            yield name


def drop(patterns: Iterable[str], kept: Container[str]) -> None:
    for name in list(found(os.environ, patterns, kept)):
        del os.environ[name]
