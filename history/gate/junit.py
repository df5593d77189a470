"""The decision as JUnit XML, which CI servers show as tests: regressed is a failure, failed an error, open is skipped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from history.gate import figures
from history.gate.verdict import CaseVerdict, Decision, Severity, Verdict

_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


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
            ElementTree.SubElement(properties, "property", name=f"unfinished: {_text(each.file)}", value=f"{each.how_far.told} cases")
    for case in decision.cases:
        path, _, test = case.case.partition("::")
        element = ElementTree.SubElement(suite, "testcase", classname=_text(path), name=_text(test or path))
        if tag := _tag(case):
            ElementTree.SubElement(element, tag, message=_text(f"{case.verdict}: {case.reason}"))
        ElementTree.SubElement(element, "system-out").text = _text(f"{figures.sides(case.finding)} {figures.change(case.finding)}")
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _tag(case: CaseVerdict) -> str | None:
    if case.severity is Severity.PASSES:
        return None
    if case.severity is Severity.OPEN:
        return "skipped"
    return "error" if case.verdict is Verdict.FAILED else "failure"


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
