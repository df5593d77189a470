"""What must be the same on both sides for a difference to be the commit's: asked of `harness.record.comparable`, of all files at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from harness.record.comparable import HARDWARE, Difference, environment_differences, model_differences, surroundings_differences
from harness.record.machine import Machine, ModelOfRun
from history.gate.evidence import CaseEvidence, Evidence

T = TypeVar("T", Machine, ModelOfRun)


def machine_difference(evidence: Evidence) -> str | None:
    """The first thing in which a file's machine, experiment or corpus differ from what the files before it told; None where all agree."""
    return _first(evidence, surroundings_differences)


def model_difference(evidence: Evidence, model: str) -> str | None:
    """The first thing in which the files' folder or weights of that model differ: other models' cases may well compare."""
    return _first(evidence, lambda then, now: model_differences(then, now, (model,)))


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


def _first(evidence: Evidence, differences: Callable[[Machine, Machine], list[Difference]]) -> str | None:
    told = evidence.machine
    for source, machine in evidence.other_machines:
        for difference in differences(told, machine):
            return f"{difference.told} in {source}"
        told = _with(told, machine)
    return None


def _with(told: Machine, further: Machine) -> Machine:
    """What both tell together: of what they do not agree in, what was told first."""
    both = {each.name: each for each in further.models}
    for each in told.models:
        both[each.name] = _filled(each, both[each.name]) if each.name in both else each
    return msgspec.structs.replace(_filled(told, further), models=tuple(both[name] for name in sorted(both)))


def _filled(told: T, further: T) -> T:
    """With the further one's fields where the first tells nothing."""
    later = msgspec.structs.asdict(further)
    return msgspec.structs.replace(told, **{field: later[field] for field, value in msgspec.structs.asdict(told).items() if value is None})
