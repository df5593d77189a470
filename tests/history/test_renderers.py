"""The decision for people and for machines; names and failures in it are hostile input."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from harness.findings.outputs.terminal import Terminal
from harness.findings.watched import SECONDS_A_STEP
from harness.record.outcome import Outcome
from history.gate import figures
from history.gate.exit_code import ExitCode, Inconclusive, exit_code
from history.gate.figures import COLUMNS
from history.gate.junit import junit_xml
from history.gate.markdown import MARKER, markdown
from history.gate.terminal import print_decision
from history.gate.verdict import ChangeFinding, Decision, Severity, UnfinishedFile
from history.records import Unfinished
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.findings.outputs.rendered import OF_OURS, RENDERER, Elements
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, write_pairs

ELEMENTS = {"h3", "p", "code", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"}
OF_JUNIT = {"testsuite", "properties", "property", "testcase", "failure", "system-out", "skipped"}
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


@pytest.mark.parametrize(("share", "written"), [(0.034, "+3.4%"), (10.0, "+1000.0%"), (4173.807, "over +1000%"), (None, "–")])
def test_a_change_that_nobody_would_overlook_is_not_written_out(share: float | None, written: str) -> None:
    assert figures.findable(share) == written


def printed(decision: Decision, columns: int | None = None) -> str:
    file = io.StringIO()
    print_decision(decision, Terminal(file, columns))
    return file.getvalue()


def hostile(decision: Decision, name: str, reason: str) -> Decision:
    """With one case more, of that name and reason, and a machine and a file that are called so."""
    (failed,) = (case for case in decision.cases if case.case == HOSTILE)
    case = msgspec.structs.replace(failed, case=name, reason=reason)
    machine = msgspec.structs.replace(decision.machine, gpu=name, experiment=name)
    return msgspec.structs.replace(
        decision,
        cases=(case, *decision.cases),
        machine=machine,
        environments={name: {reason: name}},
        base_commit=name,
        unfinished=(UnfinishedFile(name, Unfinished(1, 2)),),
    )


def test_terminal(decision: Decision) -> None:
    output = printed(decision)
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
    assert {line.count("|") for line in rows} == {9}


def test_a_log_has_a_line_a_case_however_narrow_a_terminal_would_be(decision: Decision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    file = io.StringIO()
    print_decision(decision, Terminal.of(file))
    for case in decision.cases:
        (line,) = (line for line in file.getvalue().splitlines() if figures.short(case) in line)
        assert case.verdict in line
        assert figures.change(case.finding) in line


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_narrow_terminal_has_a_block_a_case(decision: Decision, columns: int) -> None:
    table = printed(decision, columns).partition("\nAll cases together")[0]
    assert max(map(len, table.splitlines())) <= columns
    assert table.count("case:") == len(decision.cases)
    assert re.search(r"verdict: +regressed\n", table)
    assert re.search(r"pairs: +12\n", table)


@given(TEXTS, TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_words_from_elsewhere_do_nothing(decision: Decision, name: str, reason: str) -> None:
    """In a log, a terminal, Markdown and JUnit, which a renderer and a parser read."""
    told = hostile(decision, name, reason)
    for columns in (None, 80):
        assert harmful_characters(printed(told, columns)) == set()
    page = RENDERER.render(markdown(told))
    assert harmful_characters(page) <= {OF_OURS}
    found = Elements(page)
    assert set(found.names) == ELEMENTS
    assert (found.attributes, found.comments) == ([], [MARKER[4:-3]])
    assert found.names.count("td") == len(COLUMNS) * len(told.cases)
    suite = ElementTree.fromstring(junit_xml(told).encode())
    assert len(suite.findall("testcase")) == len(told.cases)
    assert {each.tag for each in suite.iter()} == OF_JUNIT
    texts = [text for each in suite.iter() for text in (each.text or "", *each.attrib.values())]
    assert harmful_characters("".join(texts)) == set()


def test_a_long_reason_is_a_line_in_each_table_and_whole_in_json_and_junit(decision: Decision) -> None:
    reason = "RuntimeError: no room\n" + "\n".join(f"  line {number} of what it said" for number in range(30))
    told = hostile(decision, files.name(3), reason)
    shown = "RuntimeError: no room line 0 of what it said"
    (line,) = (line for line in printed(told).splitlines() if shown in line)
    assert "…" in line
    assert "line 29" not in printed(told)
    assert figures.WHOLE_REASONS in printed(told)
    assert figures.WHOLE_REASONS in markdown(told)
    assert figures.WHOLE_REASONS not in printed(decision) + markdown(decision)
    (row,) = (row for row in markdown(told).splitlines() if row.startswith("|") and shown in row)
    assert len(row) < 400
    assert json.loads(msgspec.json.encode(told))["cases"][0]["reason"] == reason
    failure = next(each for each in ElementTree.fromstring(junit_xml(told)).iter() if shown in each.get("message", ""))
    assert len(failure.get("message", "")) <= 200
    assert failure.text == f"failed: {reason}"


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
