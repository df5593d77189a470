"""pytest-benchmark's warning of a fixture that was not used: not of a case that says itself how it ended, of every other test."""

from __future__ import annotations

import signal

import pytest

from tests.session.conftest import InnerRun

TELLING = """
def pytest_warning_recorded(warning_message, nodeid):
    print("WARNED", warning_message.filename.rpartition("/")[2], nodeid, warning_message.message, flush=True)
"""
UNUSED = "Benchmark fixture was not used at all in this test!"
OTHERS = """
import time

import pytest

@pytest.mark.cases("core", phase="inference", style="stock", workload="inference", batch_size=8)
def test_forgotten(measure):
    pass

def test_own(benchmark):
    pytest.fail("before it has measured")

def test_slow(benchmark):
    print("SLOW", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def told(inner: InnerRun) -> InnerRun:
    """A run that tells each warning in a line."""
    inner.use("sound", "queued")
    (inner.folder / "telling.py").write_text(TELLING)
    (inner.folder / "benchmarks" / "test_others.py").write_text(OTHERS)
    return inner


def warned(output: str) -> list[str]:
    """Of whom, each by its file and, where the session was not at its end, its test."""
    lines = [line.partition("WARNED ")[2] for line in output.splitlines() if "WARNED " in line and UNUSED in line]
    return sorted(line.replace(UNUSED, "").strip() for line in lines)


def ended_by_ctrl_c(told: InnerRun, when: str, *arguments: str) -> str:
    """What a session prints that gets Ctrl-C when it has printed that."""
    process = told.start("-p", "telling", "-s", *arguments)
    assert process.stdout is not None
    begun = []
    for line in process.stdout:
        begun.append(line)
        if when in line:
            process.send_signal(signal.SIGINT)
            break
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, "".join(begun) + rest
    return "".join(begun) + rest


def test_a_case_without_a_number_is_not_warned_of(told: InnerRun) -> None:
    told.use("raising", "absent")  # there is no module of the latter name: a framework that is missing altogether refuses the session
    code, output = told.run("-p", "telling", "-s", "-k", "train_step and stock")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "1 failed, 1 skipped" in output
    assert warned(output) == []


def test_a_refused_session_does_not_warn(told: InnerRun) -> None:
    code, output = told.run("-p", "telling", "-s", "-k", "train_step and stock", "--worker", "sound=popen//python=no-such-python")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "no-such-python" in output
    assert warned(output) == []


@pytest.mark.alone
def test_an_interrupted_case_does_not_warn(told: InnerRun) -> None:
    told.use("hanging")
    output = ended_by_ctrl_c(told, "train step frozen stock bs8: measuring", "-k", "train_step and stock")
    assert warned(output) == []


def test_whoever_forgets_to_measure_is_warned_of_and_so_is_a_test_without_a_case(told: InnerRun) -> None:
    told.use("raising")
    code, output = told.run("-p", "telling", "-s", "-k", "train_step and stock or forgotten or own")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "2 failed, 1 passed" in output
    own = [f"test_others.py benchmarks/test_others.py::{name}" for name in ("test_forgotten[raising-stock-bs8]", "test_own")]
    assert warned(output) == own


@pytest.mark.alone
def test_an_interrupted_test_without_a_case_is_warned_of(told: InnerRun) -> None:
    told.use("raising")  # a case that has failed before
    output = ended_by_ctrl_c(told, "SLOW", "-k", "train_step and stock or slow")
    assert warned(output) == ["test_others.py"]
