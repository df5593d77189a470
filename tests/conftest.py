"""Shared by all tests."""

import os

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None)  # a busy machine is no failure
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        del os.environ[name]  # an inner pytest would take itself for a worker, and turn its benchmarks off
    config.addinivalue_line("markers", "thorough: takes many minutes, and is run by `tox run -m thorough` alone.")
    config.addinivalue_line(
        "markers", "alone: no other test beside it, as it decides by what it measures; or no pytest-xdist, whose workers take no Ctrl-C."
    )
