"""Where a session keeps things: pytest-benchmark's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

DEFAULT = ".benchmarks"


def storage(config: pytest.Config) -> Path:
    """pytest-benchmark's, where it is a folder of this machine."""
    named = str(config.getoption("benchmark_storage"))
    kind, is_url, path = named.rpartition("://")  # a path may stand alone
    return config.rootpath / DEFAULT if is_url and kind != "file" else (config.invocation_params.dir / path).resolve()


def short(path: Path, config: pytest.Config) -> str:
    """As it is told."""
    return str(path.relative_to(config.rootpath)) if path.is_relative_to(config.rootpath) else str(path)
