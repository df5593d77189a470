"""What was measured, and of what there is in the suite what was not: no reader should take silence for a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.findings.outputs.markdown import table
from harness.findings.phases import PHASES
from harness.findings.sides import ordered, title
from harness.record.case import Case, Execution, Precision, Style
from harness.record.measurement import Measurement
from history.measured.folder import Folder

TITLE = "Measured, and not measured"
NEVER_TIMED = {Precision.FP64}
WORDS = {Style.STRATEGY: "other ways of loading", Style.LADDER: "the ladder from stock to matched"}


def blocks(folder: Folder) -> Iterator[str]:
    measured = [each for session in folder.sessions for each in session.measured]
    frameworks = ordered(each.case.framework for each in measured)
    yield "Cases with a figure, by phase. A dash: nothing of it was measured here."
    yield table(
        ("phase", *map(title, frameworks)),
        ((phase.title, *(_cases(measured, name, each) for each in frameworks)) for name, phase in PHASES.items()),
    )
    lacking = [f"- {text}" for text in (*_lacking(measured, frameworks), *folder.about.not_measured)]
    if lacking:
        yield "Not measured either:"
        yield "\n".join(lacking)


def _cases(measured: Iterable[Measurement], phase: str, framework: str) -> str:
    """Each case once, in however many sessions."""
    found = {each.case for each in measured if each.case.phase == phase and each.case.framework == framework}
    return ", ".join(sorted(map(_told, found))) or "–"


def _told(case: Case) -> str:
    parts = (case.workload, case.style, case.execution, case.precision, f"bs{case.batch_size}")
    shown = [str(part) for part in parts if part is not None and part not in ("matched", "plain", "inference", "loading")]
    return " ".join(shown).replace("_", " ")


def _lacking(measured: list[Measurement], frameworks: tuple[str, ...]) -> Iterator[str]:
    """Of each axis that a reader may look for, the values that no case of a framework has."""
    for framework in frameworks:
        cases = [each.case for each in measured if each.case.framework == framework]
        missing = [
            *(str(each) for each in Precision if each not in NEVER_TIMED and each not in {case.precision for case in cases}),
            *(str(each).replace("_", " ") for each in Execution if each not in {case.execution for case in cases}),
            *(WORDS.get(each, str(each)) for each in Style if each not in {case.style for case in cases}),
        ]
        if missing:
            yield f"{title(framework)}: {', '.join(missing)}."
