"""What a run was measured on, and from: the same for all its cases. A case's worker has an environment of its own."""

from __future__ import annotations

from typing import Any

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """None is "not told": older runs and other suites do not say everything. Of the GPU's name alone None means that there is none."""

    cpu: str | None = None
    cpu_count: int | None = None
    gpu: str | None = None
    gpu_driver: str | None = None
    gpu_power_limit_watts: float | None = None
    gpu_ecc: bool | None = None
    schema_version: int | None = None
    model: str | None = None
    experiment: str | None = None
    experiment_sha256: str | None = None
    job_experiment: str | None = None
    job_experiment_sha256: str | None = None
    corpus_sha256: str | None = None
    weights_sha256: str | None = None
    job_weights_sha256: str | None = None

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
        return msgspec.convert(told | {name: suite.get(name) for name in cls.__struct_fields__ if name not in told}, cls)
