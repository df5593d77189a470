"""Sessions that time nothing (`--benchmark-disable`), measure nothing (`--benchmark-skip`), or nothing else (`--benchmark-only`)."""

from __future__ import annotations

import pytest

from tests.session.conftest import InnerRun
from tests.session.terminal.printed import row

OF_A_RESULT = ("side by side", "95%", "faster", "lighter", "ratio:", "images/s", "went into measuring")
PLAIN = "def test_plain(): pass\n"


def test_a_session_that_times_nothing_lists_what_ran_and_names_no_winner(inner: InnerRun) -> None:
    inner.use("sound", "raising")
    code, output = inner.run("--benchmark-disable", "-k", "train_step or inference or memory")
    assert code == pytest.ExitCode.TESTS_FAILED
    _, _, told = output.partition("= run once =")
    assert "Run once each, nothing was timed: no ratio, no winner" in told
    assert row(told, "case") == ["case", "Sound", "Raising", "equal work"]
    assert row(told, "train step frozen stock bs8") == ["train step frozen stock bs8", "ok", "error", "each its own"]
    assert row(told, "inference matched plain fp32 bs1") == ["inference matched plain fp32 bs1", "ok", "ok", "4 checks hold"]
    assert row(told, "train step frozen matched plain tf32 bs8")[1:] == ["unsupported", "unsupported", "not checked"]
    _, _, reasons = told.partition("Not measured")
    assert "ValueError: the measured code is broken" in reasons
    assert [word for word in OF_A_RESULT if word in output] == []


def test_a_session_that_is_enabled_after_all_has_its_tables(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-disable", "--benchmark-enable", "-k", "train_step and stock")
    assert code == pytest.ExitCode.OK
    assert "= side by side =" in output
    assert "run once" not in output


def test_a_session_that_skips_what_measures_shows_no_table(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_plain.py").write_text(PLAIN)
    code, output = inner.run("--benchmark-skip", "--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK
    assert "1 passed, 12 skipped" in output
    assert [word for word in ("run once", "measuring", *OF_A_RESULT) if word in output] == []
    assert not (inner.folder / ".benchmarks/journals").exists()


def test_a_session_that_only_measures_skips_the_other_tests(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_plain.py").write_text(PLAIN)
    code, output = inner.run("--benchmark-only", "--benchmark-json=out.json", "-k", "train_step and stock or test_plain")
    assert code == pytest.ExitCode.OK
    assert "2 passed, 1 skipped" in output
    assert "= side by side =" in output
    assert len(inner.json()["benchmarks"]) == 2


def test_a_session_cannot_only_measure_and_time_nothing(inner: InnerRun) -> None:
    """pytest-benchmark's own refusal."""
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-only", "--benchmark-disable")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "Can't have both --benchmark-only and --benchmark-disable" in output
    assert "measuring" not in output
