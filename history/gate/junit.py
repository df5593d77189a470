"""The decision as JUnit XML, which CI servers show as tests: regressed is a failure, failed an error, open is skipped."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.record.text import shortened, visible, visible_lines
from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity, Verdict

LONGEST_MESSAGE = 200  # characters: servers show it in a line, and the element's text below


def junit_xml(decision: Decision) -> str:
    suite = ElementTree.Element(
        "testsuite",
        name="history gate",
        tests=str(len(decision.cases)),
        failures=str(sum(_tag(case) == "failure" for case in decision.cases)),
        errors=str(sum(_tag(case) == "error" for case in decision.cases)),
        skipped=str(sum(_tag(case) == "skipped" for case in decision.cases)),
    )
    if decision.unfinished:
        properties = ElementTree.SubElement(suite, "properties")
        for each in decision.unfinished:
            ElementTree.SubElement(properties, "property", name=f"unfinished: {visible(each.file)}", value=f"{each.how_far.told} cases")
    for case in decision.cases:
        path, _, test = case.case.partition("::")
        element = ElementTree.SubElement(suite, "testcase", classname=visible(path), name=visible(test or path))
        if tag := _tag(case):
            said = f"{case.verdict}: {case.reason}"
            ElementTree.SubElement(element, tag, message=shortened(said, LONGEST_MESSAGE)).text = visible_lines(said)
        ElementTree.SubElement(element, "system-out").text = f"{figures.sides(case.finding)} {figures.change(case.finding)}"
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _tag(case: CaseVerdict) -> str | None:
    if case.severity is Severity.PASSES:
        return None
    if case.severity is Severity.OPEN:
        return "skipped"
    return "error" if case.verdict is Verdict.FAILED else "failure"
