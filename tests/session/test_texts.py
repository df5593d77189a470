"""What a framework's error says, whatever that is, in a log, on a narrow terminal, in pytest's own section, in JSON and in JUnit XML."""

from __future__ import annotations

import os
import pty
import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from rich.cells import cell_len

from harness.record.outcome import Outcome
from harness.session.terminal.unmeasured_table import WHOLE
from harness.session.workers.worker import WorkerFailure
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.session.conftest import InnerRun, measurements

CHOSEN = ("-k", "train_step and stock or inference and bs8")
SAID = r"ValueError: \x1b]0;owned\x07[red]no[/] \u202efile\udcff.jpg <script>alert(1)</script> | `cell`"
COLUMNS = 80
COLOURS = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[InnerRun, str]:
    inner = InnerRun(tmp_path_factory.mktemp("log"))
    inner.use("hostile", "sound")
    inner.set(COLUMNS=str(COLUMNS), FORCE_COLOR="")
    code, output = inner.run("--benchmark-json=out.json", "--junitxml=out.xml", *CHOSEN)
    assert code == pytest.ExitCode.TESTS_FAILED
    return inner, output


def test_a_log_has_a_line_in_the_table_and_the_whole_above(run: tuple[InnerRun, str]) -> None:
    _, output = run
    above, _, tables = output.partition("side by side")
    assert harmful_characters(output) == set()
    table, _, _ = tables.partition("Not measured")[2].partition(WHOLE)
    (line,) = (line for line in table.splitlines() if "Hostile" in line)
    assert SAID[:60] in line
    assert line.rstrip().endswith("…")
    assert WHOLE in tables
    assert "line 29" not in table
    failures = above.partition("= FAILURES =")[2]
    assert [number for number in range(30) if f"\n  line {number}" not in failures] == []
    assert SAID in failures


def test_a_log_has_tables_as_wide_as_they_need(run: tuple[InnerRun, str]) -> None:
    lines = run[1].partition("side by side")[2].splitlines()
    headings = [line for line in lines if line.strip().startswith("case") and "equal work" in line]
    assert len(headings) == 2
    assert min(len(each.rstrip()) for each in headings) > COLUMNS
    assert not any("case:" in line for line in lines)


def test_json_and_junit_have_the_whole(run: tuple[InnerRun, str]) -> None:
    inner, _ = run
    failed = measurements(inner.json())["test_train_step[hostile-stock-frozen-bs8]"]
    assert failed.outcome == "error"
    assert failed.detail.startswith(SAID)
    assert "\n  line 29" in failed.detail
    suite = ElementTree.parse(inner.folder / "out.xml").getroot()
    assert any("line 29" in (failure.text or "") for failure in suite.iter("failure"))


@given(TEXTS)
def test_the_last_words_of_a_worker_do_nothing(words: str) -> None:
    """They come from its log, which whatever runs in it writes to."""
    failure = WorkerFailure(Outcome.CRASHED, f"it died; its last words:\n{words}")
    assert harmful_characters(failure.detail) == harmful_characters(str(failure)) == set()
    assert failure.detail.startswith("it died; its last words:")


def test_a_narrow_terminal_has_blocks(tmp_path: Path) -> None:
    inner = InnerRun(tmp_path)
    inner.use("hostile", "sound")
    inner.set(COLUMNS=str(COLUMNS), TERM="xterm")
    code, output = on_a_terminal(inner, *CHOSEN)
    assert code == pytest.ExitCode.TESTS_FAILED
    tables = COLOURS.sub("", output).partition("side by side")[2].replace("\r\n", "\n")
    blocks = [line for line in tables.splitlines() if re.match(r"  ? *(case|figure|Sound|why|outcome): ", line)]
    assert [line for line in blocks if cell_len(line) > COLUMNS] == []
    assert {line.split(":")[0].strip() for line in blocks} == {"case", "figure", "Sound", "why", "outcome"}
    assert harmful_characters(tables) == set()


def on_a_terminal(inner: InnerRun, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a run whose output is a terminal."""
    own, other = pty.openpty()
    read = bytearray()

    def receive() -> None:
        try:
            while chunk := os.read(own, 65536):
                read.extend(chunk)
        except OSError:  # the other end is closed
            pass

    process = inner.start(*arguments, stdout=other)
    os.close(other)
    receiver = threading.Thread(target=receive)
    receiver.start()
    code = process.wait(timeout=300)
    receiver.join()
    os.close(own)
    return code, read.decode()
