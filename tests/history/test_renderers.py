"""The decision for people and for machines; names and failures in it are hostile input."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from harness.findings.watched import SECONDS_A_STEP
from harness.record.outcome import Outcome
from history.gate import figures
from history.gate.exit_code import ExitCode, Inconclusive, exit_code
from history.gate.junit import junit_xml
from history.gate.markdown import MARKER, markdown
from history.gate.terminal import print_decision
from history.gate.verdict import ChangeFinding, Decision, Severity
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, write_pairs

HOSTILE = "benchmarks/test_x.py::test[<script>`|@everyone\x1b[31m]"


@pytest.fixture
def decision(tmp_path: Path) -> Decision:
    """One regressed, one failed with hostile words, ten quiet."""
    write_pairs(tmp_path, pairs=12, cases=11, slow_down={3: 0.10})
    for path in tmp_path.iterdir():
        content = json.loads(path.read_text())
        failure = files.unmeasured(HOSTILE, Outcome.CRASHED, "</details><img src=x> [a](b) @someone\n| cell")
        files.write(path, content["benchmarks"], [failure])
    return decided(tmp_path)


def test_terminal(decision: Decision) -> None:
    console = Console(file=io.StringIO(), width=250)
    print_decision(decision, console)
    output = console.file.getvalue()  # type: ignore[attr-defined]
    assert "test_train_step.py::test_train_step[case3]" in output
    assert "Something got slower" in output
    assert "smallest findable change +" in output
    assert "change (95 % interval)" in output
    assert "\x1b" not in output


def test_markdown(decision: Decision) -> None:
    text = markdown(decision)
    flagged, folded = text.split("<details>", 1)
    assert text.startswith(MARKER)
    assert "case3" in flagged
    assert "case4" not in flagged
    assert "case4" in folded
    assert "smallest findable change" in flagged
    assert "Accelerator X1" in folded
    assert "<img" not in text
    assert text.count("</details>") == 2
    assert "@someone" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {9}


def test_junit(decision: Decision) -> None:
    suite = ElementTree.fromstring(junit_xml(decision))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("12", "1", "1")
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == ["test_train_step[case3]"]


def test_json(decision: Decision) -> None:
    encoded = msgspec.json.encode(decision)
    assert msgspec.json.decode(encoded, type=Decision) == decision
    found = next(each["time"] for each in json.loads(encoded)["cases"] if each["case"] == files.name(3))
    assert found["quantity"] == {"name": "step_seconds", "title": "step", "unit": "seconds", "digits": None, "absent": None, "batch": ""}
    of_today = {"quantity", "pairs", "base_seconds", "head_seconds", "change", "low", "high", "smallest_findable"}
    assert found.keys() == of_today  # by which programs know them
    assert found["head_seconds"] / found["base_seconds"] == pytest.approx(1.10, rel=0.03)


@pytest.mark.parametrize(
    ("severity", "inconclusive", "code"),
    [
        (Severity.PASSES, Inconclusive.TELL, ExitCode.NOTHING_REGRESSED),
        (Severity.BLOCKS, Inconclusive.PASS, ExitCode.REGRESSED),
        (Severity.OPEN, Inconclusive.TELL, ExitCode.INCONCLUSIVE),
        (Severity.OPEN, Inconclusive.PASS, ExitCode.NOTHING_REGRESSED),
        (Severity.OPEN, Inconclusive.FAIL, ExitCode.REGRESSED),
    ],
)
def test_exit_code(severity: Severity, inconclusive: Inconclusive, code: ExitCode) -> None:
    assert exit_code(severity, inconclusive) is code


@pytest.mark.parametrize(
    ("seconds", "written"), [(12.345, "12.3 s"), (1234.5, "1234 s"), (0.0123, "12.3 ms"), (4.56e-6, "4.56 µs"), (3e-9, "3 ns")]
)
def test_durations(seconds: float, written: str) -> None:
    finding = ChangeFinding(
        SECONDS_A_STEP.figure, pairs=4, base=seconds, head=seconds, change=0.0, low=None, high=None, smallest_findable=None
    )
    assert figures.sides(finding) == f"{written} → {written}"
