"""Files of sessions that ended early: the gate says so of each, and takes what they did not come to for neither gone nor new."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from harness.findings.outputs.terminal import Terminal
from harness.record.outcome import Outcome
from history.gate.junit import junit_xml
from history.gate.markdown import markdown
from history.gate.terminal import print_decision
from history.gate.verdict import Decision, Severity, Verdict
from history.records import BadInput, Unfinished, read
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, verdict_of, write_pairs

PAIRS = 8


def cut_off(path: Path, measured: int, cases: int) -> None:
    """The file as it is where its session ended behind so many of its cases."""
    benchmarks = json.loads(path.read_text())["benchmarks"]
    files.write(path, benchmarks[:measured], unfinished=(measured, cases))


def every(folder: Path, side: str) -> list[Path]:
    return sorted(folder.glob(f"*-{side}.json"))


def printed(decision: Decision) -> str:
    file = io.StringIO()
    print_decision(decision, Terminal(file, None))
    return file.getvalue()


def test_the_reader_has_how_far_it_came(tmp_path: Path) -> None:
    path = files.write(tmp_path / "01-base.json", [files.measured(files.name(0), [0.1])], unfinished=(4, 10))
    assert read(path).unfinished == Unfinished(measured=4, cases=10)
    assert read(files.write(path, [files.measured(files.name(0), [0.1])])).unfinished is None


@pytest.mark.parametrize("said", [{}, {"measured": 4}, {"measured": "4", "cases": 10}, [4, 10]])
def test_what_does_not_tell_how_far_it_came_is_refused(tmp_path: Path, said: Any) -> None:
    path = files.write(tmp_path / "01-base.json", [])
    path.write_text(json.dumps(json.loads(path.read_text()) | {"unfinished": said}))
    with pytest.raises(BadInput, match="not a pytest-benchmark file"):
        read(path)


@pytest.mark.parametrize(("side", "said"), [("head", "in head: "), ("base", "in base: ")])
def test_a_case_that_one_side_did_not_come_to_is_not_measured(tmp_path: Path, side: str, said: str) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    for path in every(tmp_path, side):
        cut_off(path, 2, 3)
    decision = decided(tmp_path)
    case = verdict_of(decision, 2)
    assert (case.verdict, case.severity) == (Verdict.NOT_MEASURED, Severity.OPEN)
    assert case.reason.startswith(f"{said}01-{side}.json, ")
    assert [verdict_of(decision, index).verdict for index in (0, 1)] == [Verdict.OK] * 2
    assert decision.severity is Severity.OPEN


def test_a_case_that_a_finished_file_lacks_is_gone(tmp_path: Path) -> None:
    """One that ended early says nothing of it, another that did not says all."""
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    first, *others = every(tmp_path, "head")
    cut_off(first, 2, 3)
    for path in others:
        files.write(path, json.loads(path.read_text())["benchmarks"][:2])
    assert verdict_of(decided(tmp_path), 2).verdict is Verdict.MISSING


def test_a_failure_in_head_blocks_though_base_did_not_come_to_it(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=2, slow_down={})
    for path in every(tmp_path, "base"):
        cut_off(path, 1, 2)
    for path in every(tmp_path, "head"):
        files.write(path, json.loads(path.read_text())["benchmarks"][:1], [files.unmeasured(files.name(1), Outcome.CRASHED)])
    case = verdict_of(decided(tmp_path), 1)
    assert (case.verdict, case.severity) == (Verdict.FAILED, Severity.BLOCKS)
    assert case.reason == "not measured in base, and crashed"


def test_in_one_pair_it_is_told_which_file_lacks_the_case(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=2, slow_down={})
    cut_off(tmp_path / "05-head.json", 1, 2)
    case = verdict_of(decided(tmp_path), 1)
    assert case.verdict is Verdict.INCONCLUSIVE
    assert "pair 5 has it on one side only: 05-head.json is unfinished" in case.reason


def test_what_no_file_came_to_keeps_the_answer_open(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    assert decided(tmp_path).severity is Severity.PASSES
    for side in ("base", "head"):
        for path in every(tmp_path, side):
            cut_off(path, 2, 3)
    decision = decided(tmp_path)
    assert decision.count(Verdict.OK) == 2
    assert (decision.unseen, decision.severity) == (1, Severity.OPEN)


def test_a_case_without_figures_is_not_one_that_nobody_came_to(tmp_path: Path) -> None:
    """A skipped one is over, and in no file: 3 of 4 are, and 2 have figures. In the other files the fourth is."""
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    path = tmp_path / "05-head.json"
    files.write(path, json.loads(path.read_text())["benchmarks"][:2], unfinished=(3, 4))
    assert decided(tmp_path).unseen == 0


def test_each_file_is_told_everywhere(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    for side in ("base", "head"):
        for path in every(tmp_path, side):
            cut_off(path, 2, 3)
    decision = decided(tmp_path)
    assert "\n02-head.json is unfinished: 2 of 3 cases\n" in printed(decision)
    assert "not in any file: 1 case that" in printed(decision)
    assert "\n- 02-head.json is unfinished: 2 of 3 cases\n" in markdown(decision)
    properties = {each.get("name"): each.get("value") for each in ElementTree.fromstring(junit_xml(decision)).iter("property")}
    assert properties["unfinished: 02-head.json"] == "2 of 3 cases"
    assert len(properties) == 2 * PAIRS
    encoded = msgspec.json.encode(decision)
    assert msgspec.json.decode(encoded, type=Decision) == decision
    assert json.loads(encoded)["unfinished"][3] == {"file": "02-head.json", "how_far": {"measured": 2, "cases": 3}}


def test_of_finished_files_nothing_is_said(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=PAIRS, cases=3, slow_down={})
    decision = decided(tmp_path)
    assert (decision.unfinished, decision.unseen) == ((), 0)
    assert not any("unfinished" in text for text in (printed(decision), markdown(decision), junit_xml(decision)))
