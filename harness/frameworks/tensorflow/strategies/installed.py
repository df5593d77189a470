"""Packages that not every installation has."""

from __future__ import annotations

import importlib

from harness.record.outcome import Unsupported


def installed(package: str) -> None:
    """Raises Unsupported where what a strategy needs is missing: tfds depends on some packages on Linux alone."""
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise Unsupported(f"{error.name} is not installed: pip install -e '.[tensorflow]'") from error
