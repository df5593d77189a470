"""What must be the same on both sides for a difference to be the commit's: asked of `harness.record.comparable`, of all files at once."""

from __future__ import annotations

from harness.record.comparable import HARDWARE, environment_differences, machine_differences
from history.gate.evidence import CaseEvidence, Evidence


def machine_difference(evidence: Evidence) -> str | None:
    """The first thing in which a file's machine, experiment or inputs differ from the first base's; None where all agree."""
    for source, machine in evidence.other_machines:
        for difference in machine_differences(evidence.machine, machine):
            return f"{difference.told} in {source}"
    return None


def case_difference(case: CaseEvidence, across_environments: bool) -> str | None:
    """The first field in which the case's workers differ. Across environments, only their hardware has to agree."""
    told: dict[str, str] = {}
    for sample in (*case.base.values(), *case.head.values()):
        environment = sample.environment or {}
        for difference in environment_differences(told, environment):
            if difference.field in HARDWARE:
                return difference.told
            if not across_environments:
                return f"{difference.told} (--across-environments compares them all the same)"
        told = environment | told
    return None
