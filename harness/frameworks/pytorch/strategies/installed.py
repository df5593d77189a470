"""Packages that not every installation has."""

from __future__ import annotations

import importlib
from typing import Any

from harness.record.outcome import Unsupported


def installed(package: str) -> Any:
    """Imports what a strategy needs. Raises Unsupported where it is missing."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise Unsupported(f"{(error.name or package).partition('.')[0]} is not installed: pip install -e '.[pytorch]'") from error
