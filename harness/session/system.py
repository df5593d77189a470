"""A session on another system than Linux ends before it begins, with a sentence, and not in the first case for want of a function.

The first of the plugins, by the first of its hooks: what the others import is not everywhere.
"""

from __future__ import annotations

import pytest

from harness.worker import system


def pytest_addoption() -> None:
    try:
        system.check()
    except system.UnsupportedSystemError as error:
        raise pytest.UsageError(str(error)) from error
