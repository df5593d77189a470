"""What must be the same on both sides for a difference to be the commit's: asked of `harness.record.comparable`, of all files at once."""

from __future__ import annotations

import msgspec

from harness.record.comparable import HARDWARE, environment_differences, machine_differences
from harness.record.machine import Machine
from history.gate.evidence import CaseEvidence, Evidence


def machine_difference(evidence: Evidence) -> str | None:
    """The first thing in which a file's machine, experiment or inputs differ from what the files before it told; None where all agree."""
    told = evidence.machine
    for source, machine in evidence.other_machines:
        for difference in machine_differences(told, machine):
            return f"{difference.told} in {source}"
        told = _with(told, machine)
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


def _with(told: Machine, further: Machine) -> Machine:
    """What both tell together, of two that do not differ."""
    later = msgspec.structs.asdict(further)
    return Machine(**{field: later[field] if value is None else value for field, value in msgspec.structs.asdict(told).items()})
