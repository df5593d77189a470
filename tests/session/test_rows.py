"""Each comparison's row is there when it is complete: long before the session is over, in a log as on a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.session.conftest import DEADLINE_SECONDS, InnerRun
from tests.session.test_interrupt import CASES, SLOW

ELAPSED = r"\d+:\d\d of about \d+:\d\d"
ROWS = [rf"{ELAPSED} · inference matched plain fp32 bs{size}: Sound [\d,.]+ [^;]+; Hanging [\d,.]+ [^;]+; .+" for size in (1, 8)]


def chunks(descriptor: int) -> Iterator[str]:
    """What comes over a terminal, as it comes."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            read = os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            return
        if not read:
            return
        yield read.decode(errors="replace")


def until_hanging(texts: Iterator[str], mark: str) -> str:
    """What has been printed when the session is at what hangs."""
    printed = ""
    for text in texts:
        printed += text
        if mark in printed:
            return printed
    raise AssertionError(f"it is over: {printed}")


def test_a_log_has_each_row_as_it_comes(inner: InnerRun) -> None:
    inner.use("sound", "hanging")
    process = inner.start(*CASES)
    assert process.stdout is not None
    printed = until_hanging(iter(process.stdout), f"{SLOW} bs8: measuring")
    assert process.poll() is None
    for each in ROWS:
        assert re.search(rf"^{each}$", printed, re.MULTILINE), printed
    assert "\r" not in printed
    assert "side by side" not in printed
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert "side by side" in output, "the same tables at the end as without rows"
    assert len(re.findall(r"matched plain fp32 bs[18] ", output.partition("side by side")[2])) >= 2


def test_a_terminal_has_each_row_above_the_line_of_the_stage(inner: InnerRun) -> None:
    inner.use("sound", "hanging")
    inner.set(TERM="xterm")
    ours, theirs = pty.openpty()
    process = inner.start(*CASES, stdout=theirs)
    os.close(theirs)
    texts = chunks(ours)
    printed = until_hanging(texts, f"{SLOW} bs8 · Hanging: warming up")
    assert process.poll() is None
    lines = printed.split("\n")
    for each in ROWS:
        assert [line for line in lines if re.search(rf"{each}\s*$", line)], printed
    assert re.search(rf"\r{ELAPSED} · {SLOW} bs8 · Hanging: warming up", printed)
    assert ": measuring 2 sides" not in printed, "the line that is rewritten says it"
    printed = until_hanging(texts, "Hanging: warming up")  # once more: the clock goes on while the stage does
    process.send_signal(signal.SIGINT)
    rest = "".join(texts)
    process.wait(timeout=120)
    assert "side by side" in rest
    os.close(ours)


def test_a_quiet_session_has_no_rows(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("-q", "-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    assert not re.search(ELAPSED, output)
    assert "side by side" in output


def test_a_session_that_times_nothing_has_no_rows(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-disable", "-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    assert not re.search(ELAPSED, output)


def test_what_has_no_number_says_why_in_its_row(inner: InnerRun) -> None:
    inner.use("raising", "sound")
    code, output = inner.run("-k", "train_step and stock")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert re.search(
        rf"^{ELAPSED} · {SLOW} bs8: Sound [\d,]+ images/s; Raising error: ValueError: the measured code is broken", output, re.MULTILINE
    )
