"""A signal ends a session cleanly: what was measured is saved, no process is left, and --resume goes on from there."""

from __future__ import annotations

import signal
import subprocess
import time

import msgspec
import pytest

from harness.record.journal import Journal, read
from tests.session.conftest import InnerRun, outcomes

pytestmark = pytest.mark.slow

CASES = ("-k", "inference or stock")
LATER = """
import pytest

@pytest.mark.cases("core", phase="inference", style="stock", workload="inference", batch_size=8)
def test_later(measure):
    measure()
"""
SLOW_END = """
import time

def pytest_sessionfinish():
    print("ENDING", flush=True)
    time.sleep(600)
"""
SLOW = "train step frozen stock"  # inference comes first, then the train step of one that hangs


def started(inner: InnerRun, *arguments: str, case_timeout_seconds: int = 60) -> tuple[subprocess.Popen[str], str]:
    """A session that has measured inference, and is at what hangs; and what it has printed."""
    inner.use("sound", "hanging")
    process = inner.start("--benchmark-json=out.json", f"--case-timeout={case_timeout_seconds}", *CASES, *arguments)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if f"{SLOW} bs8: measuring" in line:
            break
    return process, "".join(lines)


def journal(inner: InnerRun) -> Journal:
    (path,) = (inner.folder / ".benchmarks" / "journals").iterdir()
    return read(path)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_signal_saves_what_was_measured(inner: InnerRun, ending: signal.Signals) -> None:
    process, begun = started(inner)
    process.send_signal(ending)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, begun + output
    found = outcomes(inner.json())
    assert len(found) == 4
    assert set(found.values()) == {"ok"}
    assert inner.json()["unfinished"] | {"pieces": []} == {"measured": 4, "cases": 6, "pieces": []}
    assert "side by side" in output
    assert "journal: .benchmarks/journals/" in begun
    assert "unfinished, 4 of 6 cases" in output
    assert len(journal(inner).sides) == 4
    assert inner.left_behind() == []


def test_a_second_signal_ends_it_at_once_and_loses_nothing(inner: InnerRun) -> None:
    (inner.folder / "slow.py").write_text(SLOW_END)
    process, begun = started(inner, "-p", "slow", "-s")
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert any("ENDING" in line for line in process.stdout), begun
    process.send_signal(signal.SIGTERM)  # within a second it is the same one, as a terminal that closes sends it twice
    time.sleep(2.0)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == -signal.SIGTERM
    assert len(journal(inner).sides) == 4


def test_what_was_measured_is_not_measured_again(inner: InnerRun) -> None:
    process, _ = started(inner, case_timeout_seconds=15)
    process.kill()
    process.communicate(timeout=60)
    before = {each.fullname: msgspec.json.decode(msgspec.json.encode(each.measurement)) for each in journal(inner).sides}
    assert len(before) == 4
    code, output = inner.run("--benchmark-json=out.json", "--case-timeout=16", *CASES, "--resume")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--case-timeout: 15.0 → 16.0" in output
    code, output = inner.run("--benchmark-json=out.json", "--case-timeout=15", *CASES, "--resume")
    assert code == pytest.ExitCode.TESTS_FAILED  # what hangs
    assert "resumed: 4 of 6 cases have been measured before" in output
    assert "inference matched plain fp32 bs8: measuring" not in output
    after = {each["fullname"]: each["extra_info"]["measurement"] for each in inner.json()["benchmarks"]}
    assert {name: after[name] for name in before} == before
    assert len(outcomes(inner.json())) == 6
    assert "unfinished" not in inner.json()
    assert not (inner.folder / ".benchmarks" / "journals").exists()
    assert inner.left_behind() == []


def test_a_test_that_is_ended_by_pytest_timeout_does_not_answer_for_the_next_one(inner: InnerRun) -> None:
    inner.use("sound", "hanging")
    (inner.folder / "benchmarks" / "test_later.py").write_text(LATER)
    code, output = inner.run("--benchmark-json=out.json", "--case-timeout=60", "--timeout=12", "-k", "train_step and stock or later")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Timeout" in output
    assert outcomes(inner.json()) == {f"test_later[{each}-stock-bs8]": "ok" for each in ("sound", "hanging")}
    assert inner.json()["unfinished"]["measured"] == 2
    assert len(journal(inner).sides) == 2, "what was ended may be gone on with"
    assert inner.left_behind() == []
