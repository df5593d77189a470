"""How figures are written for people, the same in the terminal and in Markdown."""

from __future__ import annotations

from harness.record.figure import MIB, NOTHING
from harness.record.machine import Machine
from harness.record.text import clipped, is_cut, shortened
from history.gate.verdict import CaseVerdict, ChangeFinding, Decision, MemoryFinding, Verdict
from history.short_commit import short_commit

WHY = "why"
COLUMNS = ("case", "verdict", "base → head", "change (95 % interval)", "pairs", "findable", "peak memory", WHY)  # of its tables
MOST_FINDABLE = 10.0  # as a share
LONGEST_REASON = 120  # characters of a table's cell
LONGEST_NAME = 160
WHOLE_REASONS = (
    "why, in full: in the JSON and the JUnit XML. --pairs DIR with --json FILE or --junit-xml FILE writes them without measuring again."
)


def change(finding: ChangeFinding | None) -> str:
    if finding is None:
        return NOTHING
    if finding.low is None or finding.high is None:
        return f"{finding.change:+.1%}"
    return f"{finding.change:+.1%} ({finding.low:+.1%} … {finding.high:+.1%})"


def sides(finding: ChangeFinding | None) -> str:
    return NOTHING if finding is None else f"{finding.quantity.written(finding.base)} → {finding.quantity.written(finding.head)}"


def findable(share: float | None) -> str:
    """Pairs that differ wildly, or are too few, would need a change of thousands of per cent: how many of them nobody wants to know."""
    if share is None:
        return NOTHING
    return f"over {MOST_FINDABLE:+.0%}" if share > MOST_FINDABLE else f"{share:+.1%}"


def pairs(finding: ChangeFinding | None) -> str:
    return NOTHING if finding is None else str(finding.pairs)


def memory(findings: tuple[MemoryFinding, ...]) -> str:
    """The peak that changed most: the others are no worse."""
    if not findings:
        return NOTHING
    most = max(findings, key=lambda finding: abs(finding.head_bytes - finding.base_bytes))
    return f"{most.base_bytes / MIB:.1f} → {most.head_bytes / MIB:.1f} MiB ({most.change:+.1%})"


def counts(decision: Decision) -> str:
    return ", ".join(f"{count} {verdict}" for verdict in Verdict if (count := decision.count(verdict)))


def limits(decision: Decision) -> str:
    """What the answer is worth."""
    return (
        f"{decision.pairs} pairs; smallest findable change {findable(decision.smallest_findable)} in the median case (probability 95 %); "
        f"minimum effect {decision.min_effect:.1%}; "
        f"at most {decision.false_alarm_rate:.0%} of runs without a change raise an alarm"
    )


def whole_run(decision: Decision) -> str:
    run = decision.whole_run
    return "" if run is None else f"All cases together (median case): {run.change:+.1%} ({run.low:+.1%} … {run.high:+.1%})"


def unfinished(decision: Decision) -> list[str]:
    """A line for each file whose session ended early, and one for what none of them came to."""
    lines = [f"{each.file} is unfinished: {each.how_far.told} cases" for each in decision.unfinished]
    if decision.unseen:
        lines.append(f"not in any file: {decision.unseen} {'case' if decision.unseen == 1 else 'cases'} that were not come to")
    return lines


def machine(machine: Machine) -> str:
    gpu = f"{machine.gpu} (driver {machine.gpu_driver})" if machine.gpu else "no GPU"
    cpu = f"{machine.cpu or 'unknown CPU'} × {machine.cpu_count or '?'}"
    return f"{gpu}; {cpu}; {machine.experiment}" if machine.experiment else f"{gpu}; {cpu}"


def revisions(decision: Decision) -> str:
    return f"{short_commit(decision.base_commit)} → {short_commit(decision.head_commit)}"


def short(case: CaseVerdict) -> str:
    """The test's file and id without the folders, which all cases share."""
    path, _, test = case.case.partition("::")
    return clipped(f"{path.rsplit('/', 1)[-1]}::{test}" if test else case.case, LONGEST_NAME)


def reason(case: CaseVerdict) -> str:
    """What a table has of it."""
    return shortened(case.reason, LONGEST_REASON)


def whole_reasons(decision: Decision) -> list[str]:
    """Where they are, if a table has not the whole of each."""
    return [WHOLE_REASONS] if any(is_cut(case.reason, LONGEST_REASON) for case in decision.cases) else []
