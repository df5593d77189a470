"""Tests that measure are not distributed over processes of pytest-xdist; others are, and so is whatever measures nothing."""

from __future__ import annotations

import pytest

from tests.session.conftest import InnerRun

PLAIN = "def test_plain(): pass\n"
EXAMINING = """
import pytest

@pytest.mark.examination
def test_equal_work(examine, examined):
    examine(examined)
"""


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["-n", "2"], "--numprocesses"),
        (["--numprocesses=1", "--dist=loadfile", "--benchmark-disable"], "--numprocesses"),
        (["--dist=load", "--tx=2*popen"], "--dist"),
        (["-d"], "--dist"),  # without processes: pytest-benchmark switches itself off all the same
    ],
)
def test_cases_are_refused_before_anything_is_measured(inner: InnerRun, options: list[str], named: str) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_plain.py").write_text(PLAIN)
    code, output = inner.run(*options)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {named}: benchmarks run in one process of pytest." in output
    assert not any(word in output for word in ("measuring", "passed", "INTERNALERROR"))
    assert not (inner.folder / ".benchmarks/journals").exists()
    assert inner.left_behind() == []


def test_an_examination_is_refused(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_inner.py").write_text(EXAMINING)
    code, output = inner.run("-n", "2", "-m", "examination")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--numprocesses: benchmarks run in one process of pytest." in output
    assert "examining" not in output


def test_cases_are_not_forked(inner: InnerRun) -> None:
    """pytest-forked is not installed here: its option is. Each test would have a process, and the session would keep no figure."""
    inner.use("sound", "queued")
    (inner.folder / "forking.py").write_text('def pytest_addoption(parser): parser.addoption("--forked", action="store_true")')
    code, output = inner.run("-p", "forking", "--forked")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --forked: benchmarks run in one process of pytest." in output
    assert "measuring" not in output
    assert inner.run("-p", "forking", "-k", "inference and bs8")[0] == pytest.ExitCode.OK  # it is installed, and not asked for


@pytest.mark.parametrize(
    ("options", "ended"),
    [
        (["-n", "2", "-k", "plain_one"], "1 passed"),
        (["-n", "2", "--benchmark-skip"], "1 passed, 12 skipped"),
        (["-n", "2", "--collect-only"], "13/15 tests collected"),
    ],
)
def test_what_measures_nothing_is_distributed(inner: InnerRun, options: list[str], ended: str) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_plain.py").write_text(PLAIN.replace("test_plain", "test_plain_one"))
    code, output = inner.run(*options, "-m", "core or not benchmark")
    assert code == pytest.ExitCode.OK
    assert ended in output


def test_no_process_is_no_distribution(inner: InnerRun) -> None:
    """As in a command that undoes what a configuration has."""
    inner.use("sound", "queued")
    inner.set(PYTEST_ADDOPTS="--numprocesses=2")
    code, output = inner.run("-n", "0", "--benchmark-json=out.json", "-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    assert "2 passed" in output
    assert len(inner.json()["benchmarks"]) == 2
