"""The fixture in a session: when an examination runs, and of whom it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.session.conftest import PROJECT, InnerRun

EQUAL_WORK = (PROJECT / "benchmarks" / "test_equal_work.py").read_text()


@pytest.fixture
def examining(tmp_path: Path) -> InnerRun:
    inner = InnerRun(tmp_path)
    inner.use("sound", "slower")
    (inner.folder / "benchmarks" / "test_equal_work.py").write_text(EQUAL_WORK)
    return inner


def test_frameworks_that_cannot_be_examined_are_skipped_with_the_reason(examining: InnerRun) -> None:
    code, output = examining.run("-m", "examination", "-rs")
    assert code == pytest.ExitCode.OK
    assert "1 skipped" in output
    assert "unsupported: of these frameworks none can be walked through beside another" in output


def test_nothing_is_examined_where_nobody_asks(examining: InnerRun) -> None:
    _, output = examining.run("--collect-only", "-q")
    assert "test_equal_work" not in output


def test_a_number_of_steps_that_is_none_is_refused(examining: InnerRun) -> None:
    code, output = examining.run("--examined-steps=-1")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "'-1' is not a number of steps from 0 on" in output


def test_an_architecture_that_both_libraries_do_not_have_is_refused(examining: InnerRun) -> None:
    code, output = examining.run("--model=libraries/alexnet")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--model libraries/alexnet: no such architecture in both libraries: write one of vgg16, " in output
