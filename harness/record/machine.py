"""What a run was measured on, and from: the same for all its cases. A case's worker has an environment of its own."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.record.case import DEFAULT_MODEL


class ModelOfRun(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a run measured, by its digests. None is "not told": older runs had no folder, and not every run measures whole jobs."""

    name: str
    sha256: str | None = None  # of its folder
    weights_sha256: str | None = None
    job_weights_sha256: str | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """None is "not told": older runs and other suites do not say everything. Of the GPU's name alone None means that there is none."""

    cpu: str | None = None
    cpu_count: int | None = None
    gpu: str | None = None
    gpu_driver: str | None = None
    gpu_power_limit_watts: float | None = None
    gpu_ecc: bool | None = None
    schema_version: int | None = None
    experiment: str | None = None
    experiment_sha256: str | None = None
    job_experiment: str | None = None
    job_experiment_sha256: str | None = None
    corpus_sha256: str | None = None
    models: tuple[ModelOfRun, ...] = ()  # by name

    @classmethod
    def of(cls, machine_info: dict[str, Any]) -> Machine:
        """From pytest-benchmark's `machine_info`, as this suite or another one wrote it. Raises msgspec.ValidationError."""
        sections = (machine_info.get(section) for section in ("cpu", "gpu", "suite"))
        cpu, gpu, suite = (section if isinstance(section, dict) else {} for section in sections)  # other suites may have lists there
        told = {
            "cpu": cpu.get("brand_raw"),
            "cpu_count": cpu.get("count"),
            "gpu": gpu.get("name"),
            "gpu_driver": gpu.get("driver"),
            "gpu_power_limit_watts": gpu.get("power_limit_watts"),
            "gpu_ecc": gpu.get("ecc"),
        }
        told |= {name: suite.get(name) or None for name in cls.__struct_fields__ if name not in told}  # what it has not is "" there
        return msgspec.convert(told | {"models": _models(suite)}, cls)


def _models(suite: dict[str, Any]) -> list[dict[str, Any]]:
    """As they stand in the run's file. One of before there were several tells its only one's weights beside everything else."""
    told = msgspec.convert(suite.get("models"), dict[str, dict[str, Any]] | None)
    if told is None:
        named = msgspec.convert(suite.get("model"), str | None)
        of_old = {name: suite[name] for name in ("weights_sha256", "job_weights_sha256") if suite.get(name)}
        told = {named or DEFAULT_MODEL: of_old} if named or of_old else {}
    fields = [name for name in ModelOfRun.__struct_fields__ if name != "name"]
    return [{"name": name, **{field: told[name].get(field) or None for field in fields}} for name in sorted(told)]
