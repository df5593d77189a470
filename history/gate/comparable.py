"""What must be the same on both sides for a difference in time to be the commit's."""

from __future__ import annotations

import msgspec

from history.gate.evidence import CaseEvidence, Evidence

PLACE = ("host", "gpu_uuid")  # fields of an environment that say where, not what: another host of the same kind compares
HARDWARE = ("device", "device_name", "compute_capability")  # what even a comparison of two environments shares


def machine_difference(evidence: Evidence) -> str | None:
    """The first thing in which a file's machine, experiment or inputs differ from the first base's; None where all agree."""
    for source, machine in evidence.other_machines:
        for field in msgspec.structs.fields(machine):
            first, other = getattr(evidence.machine, field.name), getattr(machine, field.name)
            if first != other:
                return f"{field.name.replace('_', ' ')}: {_value(first)} → {_value(other)} in {source}"
    return None


def case_difference(case: CaseEvidence, across_environments: bool) -> str | None:
    """The first field in which the case's workers differ. Across environments, only their hardware has to agree."""
    environments = [sample.environment for sample in (*case.base.values(), *case.head.values()) if sample.environment]
    if not environments:
        return None
    first = environments[0]
    for other in environments[1:]:
        if other == first:
            continue
        for field in sorted((first.keys() | other.keys()) - set(PLACE)):
            if first.get(field) != other.get(field) and (field in HARDWARE or not across_environments):
                mend = "" if field in HARDWARE else " (--across-environments compares them all the same)"
                return f"{field.replace('_', ' ')}: {_value(first.get(field))} → {_value(other.get(field))}{mend}"
    return None


def _value(value: object) -> str:
    return "none" if value is None else str(value)
