"""File names for whatever a case is called."""

from __future__ import annotations

import hashlib
import re

MOST_READABLE = 60


def slug(name: str) -> str:
    """Safe as a file's name and in an address, and different for different names."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MOST_READABLE].rstrip("-")
    return f"{readable}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"
