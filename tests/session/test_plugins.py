"""The suite's own settings name the plugin that they are for: a shell that has pytest load none by itself leaves them as they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.session.conftest import PROJECT

COLLECT = ["-m", "pytest", "benchmarks/test_inference.py", "--collect-only", "-q", "-m", "core", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("variables", [{}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, {"PYTEST_ADDOPTS": "--disable-plugin-autoload"}])
def test_benchmarks_are_found_whatever_plugins_load_by_themselves(variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *COLLECT], cwd=PROJECT, env=os.environ | variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert "test_inference[pytorch-matched-eager-fp32-bs" in done.stdout
