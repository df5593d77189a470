"""Ctrl-C ends cleanly: what was measured is saved, no process is left."""

from __future__ import annotations

import signal

import pytest

from tests.session.conftest import InnerRun, outcomes


@pytest.mark.alone
def test_ctrl_c_saves_what_was_measured(inner: InnerRun) -> None:
    inner.use("sound", "hanging")
    process = inner.start("--benchmark-json=out.json", "--case-timeout=60", "-v", "-k", "inference or stock")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:  # inference comes first, then the hanging train step
        lines.append(line)
        if "train step frozen stock" in line:
            break
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, "".join(lines) + output
    found = outcomes(inner.json())
    assert len(found) == 4
    assert set(found.values()) == {"ok"}
    assert "side by side" in output
    assert inner.left_behind() == []
