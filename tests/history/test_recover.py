"""`python -m history recover`: of a session's journal it makes the file that the session stored, or would have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.record.journal import Piece, Writer, read
from tests.record.test_journal import CASE, OPENED
from tests.session.conftest import InnerRun

pytestmark = pytest.mark.slow

KEEP_JOURNAL = """

import pytest, shutil

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    for path in (session.config.rootpath / ".benchmarks" / "journals").glob("*.journal"):
        shutil.copy(path, session.config.rootpath / "kept.journal")
"""
STOP_EARLY = """

def pytest_runtest_logreport(report):
    if report.when == "teardown" and "test_train_step[queued-stock" in report.nodeid:
        raise KeyboardInterrupt
"""
CASES = ("-k", "not tf32 and (train_step or inference or memory)")
COMPARISONS = 5
MEASURED_AT_THE_STOP = 8  # memory comes last


def with_plugin(inner: InnerRun, *hooks: str) -> None:
    path = inner.folder / "conftest.py"
    path.write_text(path.read_text() + "".join(hooks))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> InnerRun:
    """A session that stored its file, and whose journal was copied before it went. One case of each comparison fails or is skipped."""
    inner = InnerRun(tmp_path_factory.mktemp("finished"))
    inner.use("sound", "queued", "unequal", "absent")
    with_plugin(inner, KEEP_JOURNAL)
    inner.run("--benchmark-json=out.json", "--benchmark-autosave", *CASES)
    assert not (inner.folder / ".benchmarks/journals").exists()
    return inner


@pytest.fixture(scope="module")
def ended_early(tmp_path_factory: pytest.TempPathFactory) -> InnerRun:
    """As Ctrl-C ends a session, whose file is then lost."""
    inner = InnerRun(tmp_path_factory.mktemp("early"))
    inner.use("sound", "queued")
    with_plugin(inner, STOP_EARLY)
    code, _ = inner.run("--benchmark-json=out.json", "--benchmark-autosave", *CASES)
    assert code == pytest.ExitCode.INTERRUPTED
    (stored,) = (inner.folder / ".benchmarks").rglob("*.json")
    stored.rename(inner.folder / "autosaved.json")
    return inner


@pytest.fixture
def inner(tmp_path: Path) -> InnerRun:
    return InnerRun(tmp_path)


@pytest.fixture
def early(ended_early: InnerRun, inner: InnerRun, tmp_path: Path) -> InnerRun:
    """A copy of its folder."""
    shutil.copytree(ended_early.folder, tmp_path, dirs_exist_ok=True)
    path = journal_of(inner)
    lines = read(path)
    path.unlink()
    writer = Writer(path)  # whose storage is the copy's
    for line in (msgspec.structs.replace(lines.opened, storage=str(tmp_path / ".benchmarks")), *lines.lines):
        writer.append(line, sync=False)
    writer.close()
    return inner


def journal_of(inner: InnerRun) -> Path:
    (path,) = (inner.folder / ".benchmarks/journals").glob("*.journal")
    return path


def expect_same(made: dict[str, Any], stored: dict[str, Any]) -> None:
    """Key by key, in their order; the moment of writing is each file's own."""
    assert list(made) == list(stored)
    for name in stored:
        if name == "benchmarks":
            assert [each["fullname"] for each in made[name]] == [each["fullname"] for each in stored[name]]
            for one, other in zip(made[name], stored[name], strict=True):
                assert one == other
        elif name != "datetime":
            assert made[name] == stored[name], name


def test_it_is_the_file_that_the_session_stored(finished: InnerRun) -> None:
    code, output = finished.run_history("recover", "kept.journal", "--into", "made.json")
    assert code == 0
    stored = finished.json()
    assert len(stored["benchmarks"]) > 2 * COMPARISONS
    assert {each["measurement"]["outcome"] for each in stored["unmeasured"]} == {"unequal_work", "unsupported"}
    expect_same(finished.json("made.json"), stored)
    assert output.strip() == f"made.json: all {4 * COMPARISONS} cases"
    assert (finished.folder / "kept.journal").exists()


def test_an_unfinished_one_is_the_file_that_was_stored_at_the_interruption(early: InnerRun) -> None:
    code, output = early.run_history("recover", "--into", "made.json")
    assert code == 0
    stored = early.json()
    assert stored["unfinished"] == {"measured": MEASURED_AT_THE_STOP, "cases": 2 * COMPARISONS, "pieces": []}
    assert len(stored["benchmarks"]) == MEASURED_AT_THE_STOP
    expect_same(early.json("made.json"), stored)
    assert f"unfinished: {MEASURED_AT_THE_STOP} of {2 * COMPARISONS} cases" in output


def test_without_a_place_it_is_the_next_of_the_storage_and_pytest_benchmark_compares_with_it(early: InnerRun) -> None:
    code, output = early.run_history("recover")
    assert code == 0
    (made,) = (early.folder / ".benchmarks").rglob("*.json")
    assert made.name[4:] == early_name(early)
    assert str(made) in output
    code, _ = early.run_history("recover")
    assert [path.name[:4] for path in sorted(made.parent.glob("*.json"))] == ["0001"], "it is the same file again"
    early.use("sound", "queued")
    code, output = early.run("--benchmark-compare=0001", "-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    assert "(0001_" in output
    assert "benchmark 'inference matched plain fp32 bs8': 4 tests" in output


def early_name(inner: InnerRun) -> str:
    """What pytest-benchmark calls a file, behind its number."""
    return f"_{read(journal_of(inner)).opened.saved_as}.json"


def test_gate_and_report_read_it_and_say_how_far_it_came(early: InnerRun) -> None:
    said = f"unfinished: {MEASURED_AT_THE_STOP} of {2 * COMPARISONS}"
    pairs = early.folder / "pairs"
    for side in ("base", "head"):
        assert early.run_history("recover", "--into", f"pairs/01-{side}.json")[0] == 0
    code, output = early.run_history("gate", "--pairs", str(pairs))
    assert code == 3
    assert f"01-head.json is {said} cases" in output
    assert early.run_history("recover")[0] == 0
    code, output = early.run_history("report", ".benchmarks", "--output", "site", "--cache", "cache", "--markdown", "job.md")
    assert code == 0
    assert said in (early.folder / "site/index.html").read_text()
    assert said in (early.folder / "job.md").read_text()


def test_damaged_lines_are_left_out_and_named(early: InnerRun) -> None:
    path = journal_of(early)
    lines = path.read_bytes().splitlines(keepends=True)
    place = next(index for index, line in enumerate(lines) if b'"type":"compared"' in line)
    lines[place] = lines[place].replace(b"seconds", b"decades", 1)
    path.write_bytes(b"".join(lines) + b"1234 torn")
    code, output = early.run_history("recover", "--into", "made.json")
    assert code == 0
    assert f"; damaged lines left out: {place + 1}" in output
    left = {each["fullname"] for each in early.json("made.json")["benchmarks"]}
    assert len(left) == MEASURED_AT_THE_STOP - 2
    assert left < {each["fullname"] for each in early.json()["benchmarks"]}
    assert early.json("made.json")["unfinished"]["measured"] == MEASURED_AT_THE_STOP - 2


def test_the_newest_is_taken(early: InnerRun) -> None:
    path = journal_of(early)
    shutil.copy(path, path.with_name("2001-01-01T00-00-00-1.journal"))
    path.with_name("2001-01-01T00-00-00-2.journal").write_text("no journal")
    assert early.run_history("recover", "--into", "made.json")[0] == 0
    assert len(early.json("made.json")["benchmarks"]) == MEASURED_AT_THE_STOP


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), ".benchmarks/journals: no journal is there."),
        (("none.journal",), "none.journal: cannot be read (No such file or directory)."),
        (("conftest.py",), "conftest.py: no journal of a session"),
        (("pieces.journal",), "pieces.journal: no comparison is complete in it"),
    ],
)
def test_what_cannot_be_recovered(inner: InnerRun, capfd: pytest.CaptureFixture[str], given: tuple[str, ...], said: str) -> None:
    inner.use("sound", "queued")
    writer = Writer(inner.folder / "pieces.journal")
    writer.append(OPENED)
    writer.append(Piece(CASE, "block 1", [0.1]))
    writer.close()
    code, _ = inner.run_history("recover", *given)
    assert code == 2
    assert said in capfd.readouterr().out
    assert not list(inner.folder.glob("*.json"))


def test_a_place_that_cannot_be_written(early: InnerRun, capfd: pytest.CaptureFixture[str]) -> None:
    code, _ = early.run_history("recover", "--into", "conftest.py/made.json")
    assert code == 2
    assert "made.json: cannot be written (" in capfd.readouterr().out


def test_a_folder_that_is_not_there_is_made(early: InnerRun) -> None:
    assert early.run_history("recover", "--into", "deep/down/made.json")[0] == 0
    assert json.loads((early.folder / "deep/down/made.json").read_text())["benchmarks"]
