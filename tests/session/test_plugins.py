"""The suite's own settings name the plugin that they are for: a shell that has pytest load none by itself leaves them as they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.session.conftest import PROJECT, InnerRun

COLLECT = ["-m", "pytest", "benchmarks/test_inference.py", "--collect-only", "-q", "-m", "core", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("variables", [{}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, {"PYTEST_ADDOPTS": "--disable-plugin-autoload"}])
def test_benchmarks_are_found_whatever_plugins_load_by_themselves(variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *COLLECT], cwd=PROJECT, env=os.environ | variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert "test_inference[pytorch-matched-eager-fp32-bs" in done.stdout


OF_SOMEBODY = """
import pytest

@pytest.fixture(params=["one", "two"])
def examined(request):
    return request.param

@pytest.fixture
def framework():
    return "mine"

def test_of_somebody(examined, framework):
    assert examined in ("one", "two")
    assert framework == "mine"
"""


def test_other_tests_may_have_fixtures_of_the_suites_names(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks" / "test_somebody.py").write_text(OF_SOMEBODY)
    code, output = inner.run("-k", "somebody or (train_step and stock)", "--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK
    assert "4 passed" in output
