"""What a result was measured on, and the refusal to compare it with one measured on something else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fixtures.models.folder import Folder
from harness.phases import PHASES
from harness.record.comparable import environment_differences, machine_differences
from harness.record.machine import Machine
from harness.record.measurement import SCHEMA_VERSION, Measurement
from harness.session import gpu, options, recording

VOLATILE_CPU_FIELDS = ("hz_actual", "hz_actual_friendly")  # of cpuinfo: another value at every look

COMPARED = pytest.StashKey[list[tuple[dict[str, Any], dict[str, Any]]]]()  # machine_info of this run, and of each that it is compared with


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    for field in VOLATILE_CPU_FIELDS:
        machine_info.get("cpu", {}).pop(field, None)
    found = gpu.first()
    machine_info["gpu"] = msgspec.to_builtins(found) if found else None
    measurements = list(config.stash[recording.KEY].values())
    machine_info["workers"] = workers(measurements)
    machine_info["suite"] = suite(config, measurements)


def workers(measurements: list[Measurement]) -> dict[str, dict[str, str]]:
    """Each worker's environment, by framework and style: what all its cases had in common. A case's own is in its measurement."""
    common: dict[str, dict[str, str]] = {}
    for each in measurements:
        if each.environment:
            known = common.setdefault(f"{each.case.framework}-{each.case.style}", each.environment)
            common[f"{each.case.framework}-{each.case.style}"] = dict(known.items() & each.environment.items())
    return {name: dict(sorted(environment.items())) for name, environment in common.items()}


def suite(config: pytest.Config, measurements: list[Measurement]) -> dict[str, Any]:
    """What the work was made from: the same for every step of a session, and for every whole job."""
    chosen = options.of(config)
    experiments = chosen.experiments
    return {
        "schema_version": SCHEMA_VERSION,
        "models": {each.name: _of_model(each, measurements) for each in chosen.models},
        "experiment": experiments.steps.name,
        "experiment_sha256": experiments.steps.sha256,
        "job_experiment": experiments.jobs.name,
        "job_experiment_sha256": experiments.jobs.sha256,
        "corpus": made_from(measurements, "corpus"),
        "corpus_sha256": made_from(measurements, "corpus_sha256"),
    }


def _of_model(model: Folder, measurements: list[Measurement]) -> dict[str, str | None]:
    """The folder is known before anything is measured; the weights are once they were made."""
    own = [each for each in measurements if each.case.model == model.name]
    jobs, steps = ([each for each in own if PHASES[each.case.phase].whole_job is job] for job in (True, False))
    return {
        "title": model.description.title,
        "sha256": model.sha256,
        "weights": made_from(steps, "weights"),
        "weights_sha256": made_from(steps, "weights_sha256"),
        "job_weights": made_from(jobs, "weights"),
        "job_weights_sha256": made_from(jobs, "weights_sha256"),
    }


def made_from(measurements: list[Measurement], field: str) -> str | None:
    """None where nothing tells it: a model without a corpus has none."""
    return next((told for each in measurements if each.provenance and (told := getattr(each.provenance, field))), None)


def differences(now: dict[str, Any], then: dict[str, Any]) -> list[str]:
    """Why two runs do not compare, by their machine_info: each line names what differs, then → now. Empty where they do.

    What is not known yet, or was measured by only one of them, is no difference: its cases have no partner.
    """
    before, after = Machine.of(then), Machine.of(now)
    found = [each.told for each in machine_differences(before, after)]
    named, names = ({each.name for each in machine.models} for machine in (before, after))
    if named and names and not named & names:  # no case of the one would have a partner, and nothing would say so
        found.append(f"models: {', '.join(sorted(named))} → {', '.join(sorted(names))}")
    theirs = then.get("workers", {})
    for worker, environment in now.get("workers", {}).items():
        found += [f"{worker} {each.told}" for each in environment_differences(theirs.get(worker, {}), environment)]
    return found


def pytest_benchmark_compare_machine_info(config: pytest.Config, machine_info: dict[str, Any], compared_benchmark: dict[str, Any]) -> None:
    """Called before anything is measured: refuses what can be known without a worker."""
    saved = compared_benchmark["machine_info"]
    config.stash.setdefault(COMPARED, []).append((machine_info, saved))
    refused = refusal(config, machine_info, saved)
    if refused:
        raise pytest.UsageError(refused)


def check_workers(config: pytest.Config) -> None:
    """Ends the session over what only the workers could tell, as soon as they have."""
    measurements = list(config.stash[recording.KEY].values())
    for own, saved in config.stash.get(COMPARED, []):
        refused = refusal(config, own | {"workers": workers(measurements), "suite": suite(config, measurements)}, saved)
        if refused:
            pytest.exit(refused, returncode=pytest.ExitCode.USAGE_ERROR)


def refusal(config: pytest.Config, now: dict[str, Any], saved: dict[str, Any]) -> str | None:
    if options.of(config).compare_anyway:
        return None
    try:
        found = differences(now, saved)
    except msgspec.ValidationError as error:
        found = [f"what the saved run says of its machine cannot be read: {error}"]
    if not found:
        return None
    lines = "\n".join(f"  {line}" for line in found)
    return (
        f"--benchmark-compare: the saved run does not compare with this one (then → now):\n{lines}\nAdd --compare-anyway to compare them."
    )
