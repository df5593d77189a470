"""What the figures of a session follow from, and how that of another one differs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.phases import PHASES
from harness.record.case import Case
from harness.record.comparable import HARDWARE, environment_differences, field_differences
from harness.record.journal import Journal, Work
from harness.record.measurement import Measurement
from harness.session import machine, options

# Fields of an environment that no setting of a case changes.
INSTALLED = HARDWARE | {"framework", "model_library", "datasets_library", "build", "cuda", "cudnn", "cpu", "cores"}
SUITE = Path(__file__).parents[3]
SOURCES = ("harness", "fixtures")
ENDINGS = frozenset({".py", ".toml", ".json"})


def work_of(config: pytest.Config, items: Sequence[pytest.Item], commit: str) -> Work:
    chosen = options.of(config)
    told = {
        "--benchmark-min-rounds": chosen.min_rounds,
        "--benchmark-max-time": chosen.max_seconds,
        "--benchmark-precision": chosen.precision,
        "--benchmark-confidence": chosen.confidence,
        "--measure-until": chosen.until or "as the cases want it",
        "--case-timeout": chosen.case_timeout_seconds,
        "--examined-steps": chosen.examined_steps,
        "--dataset": chosen.dataset,
        "--weights": chosen.weights,
        **{f"--worker {framework}": _told_from_the_suite(spec) for framework, spec in sorted(chosen.workers.items())},
    }
    return Work(
        commit=commit, code_sha256=_digest({item.path for item in items}), options={name: str(value) for name, value in told.items()}
    )


def differences(journal: Journal, work: Work, cases: Sequence[str], machine_info: dict[str, Any]) -> list[str]:
    """Each a line, then → now: why what the journal has does not belong to this session. Empty where it does."""
    before = journal.opened
    found = [each.told for each in field_differences(before.work, work)]
    if set(before.cases) != set(cases):
        only = [f"{len(set(one) - set(other))} {which}" for which, one, other in _either(before.cases, cases)]
        found.append(f"cases: {len(before.cases)} → {len(cases)} ({', '.join(only)})")
    then = journal.frame.get("machine_info")
    return found + (machine.differences(machine_info, then) if then else [])


def differences_of_measurements(then: Sequence[Measurement], now: Sequence[Measurement]) -> list[str]:
    """What only measuring tells: another build of a framework, another GPU, another content of the same corpus or weights."""
    found = [
        f"{each.case.framework} {one.told}" for each in now for one in environment_differences(_known(then, each.case), each.environment)
    ]
    inputs = {_made_from(each): each.provenance for each in then if each.provenance}
    for each in now:
        known = inputs.get(_made_from(each))
        if known is not None and each.provenance is not None:
            found += [one.told for one in field_differences(known, each.provenance)]
    return list(dict.fromkeys(found))


def _known(measurements: Sequence[Measurement], case: Case) -> dict[str, str]:
    """What is told of the worker's environment by all that have the case's settings; else, as those vary, of what is installed."""
    own = [each.environment for each in measurements if each.case.framework == case.framework and each.environment]
    alike = [each.environment for each in measurements if _settings(each.case) == _settings(case) and each.environment]
    common = set.intersection(*(set(each.items()) for each in alike or own)) if own else set()
    return {field: value for field, value in common if alike or field in INSTALLED}


def _settings(case: Case) -> tuple[object, ...]:
    return case.framework, case.phase, case.style, case.rung, case.strategy, case.execution, case.precision, case.model_format


def _made_from(measurement: Measurement) -> tuple[str, bool]:
    """What shares its inputs: the steps of a model, and its whole jobs."""
    return measurement.case.model, PHASES[measurement.case.phase].whole_job


def _either(then: Sequence[str], now: Sequence[str]) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    return [("only then", then, now), ("only now", now, then)]


def _told_from_the_suite(spec: str) -> str:
    """So that a session goes on in a checkout that lies elsewhere, as another runner's does: what is installed there, measuring tells."""
    return spec.replace(f"{SUITE}/", "")


def _digest(tests: set[Path]) -> str:
    """Of the suite's own files, and of those that have the tests."""
    own = [path for folder in SOURCES for path in (SUITE / folder).rglob("*") if path.suffix in ENDINGS and path.is_file()]
    digest = hashlib.sha256()
    for name, path in sorted([*((str(path.relative_to(SUITE)), path) for path in own), *((path.name, path) for path in tests)]):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
