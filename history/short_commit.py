"""A commit as it is shown."""

from __future__ import annotations

import re

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_hash(commit: str | None) -> bool:
    """Whether it is one that git may know."""
    return bool(commit and _HASH.fullmatch(commit))


def short_commit(commit: str | None, absent: str = "unknown", digits: int = 12) -> str:
    """A hash is cut to what tells it from others. Another name, such as pytest-benchmark's "unversioned", is whole: cut, it is no word."""
    return commit[:digits] if commit and is_hash(commit) else commit or absent
