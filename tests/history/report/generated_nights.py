"""Nights of the suite on a simulated machine, written as pytest-benchmark writes them: every phase, all frameworks, known changes.

    python -m tests.history.report.generated_nights FOLDER [NIGHTS]

Noise is `noisy_job`'s: each night a job with an offset that all cases share, and one of each case's own.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.frameworks import FRAMEWORKS
from harness.record.case import DEFAULT_MODEL, Case
from harness.record.measurement import SCHEMA_VERSION
from harness.record.outcome import Outcome
from tests.history.report.benchmark_entry import benchmark
from tests.history.report.generated_cases import standard_cases
from tests.history.report.generated_measurements import EXPERIMENT, GeneratedCase

FIRST_NIGHT = datetime(2026, 9, 1, 1, 17, tzinfo=UTC)
GPU = "Accelerator X1"


@dataclass(frozen=True)
class Plant:
    """From a night on, the cases whose node id holds `part` take `factor` times as long."""

    part: str
    night: int
    factor: float


@dataclass(frozen=True)
class Machine:
    seed: int = 1
    nights: int = 60
    rounds: int = 24
    plants: tuple[Plant, ...] = ()
    cpu: str = "Testor 9000"
    gpu: str | None = GPU
    driver_night: int | None = 40  # with another driver from here on
    upgrade_night: int | None = 25  # with another PyTorch from here on
    failing: Mapping[int, tuple[str, Outcome, str]] = field(default_factory=dict)  # by night: part of a node id, outcome, detail
    first_night: datetime = FIRST_NIGHT
    cases: tuple[Case, ...] = ()  # of the first framework; empty for `standard_cases`
    frameworks: tuple[str, ...] = ()  # empty for all that are listed
    job_inputs: tuple[str, str] = ("e", "w")  # hashes of the whole jobs' experiment and weights
    model_sha256: str = "m"  # of the folders of the models beside the default one


class Nights:
    """The machine's runs, one file a night."""

    def __init__(self, machine: Machine, commits: Iterable[str] = ()) -> None:
        self._machine = machine
        self._mood = np.random.default_rng(machine.seed)
        first = machine.cases or standard_cases()
        frameworks = machine.frameworks or tuple(FRAMEWORKS)
        self._cases = [
            GeneratedCase(msgspec.structs.replace(case, framework=name), machine.seed, machine.rounds, machine.gpu is not None)
            for case in first
            for name in frameworks
        ]
        self._commits = list(commits)

    def write(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        return [self._write(folder, night) for night in range(self._machine.nights)]

    def commit(self, night: int) -> str:
        return self._commits[night] if night < len(self._commits) else hashlib.sha1(f"{self._machine.seed} {night}".encode()).hexdigest()

    def _write(self, folder: Path, night: int) -> Path:
        when = self._machine.first_night + timedelta(days=night)
        path = folder / f"{night + 1:04d}_{self.commit(night)}_{when:%Y%m%d_%H%M%S}.json"
        encoded = msgspec.json.encode(self.content(night, when))
        path.write_bytes(msgspec.json.format(encoded, indent=4))
        return path

    def content(self, night: int, when: datetime) -> dict[str, Any]:
        offset = self._mood.normal(0, 0.015)
        benchmarks, unmeasured = [], []
        failing = self._machine.failing.get(night)
        for case in self._cases:
            environment = self._environment(case.case.framework, night)
            if failing and failing[0] in case.name:
                measurement = case.failed(environment, *failing[1:])
                unmeasured.append({"fullname": case.name, "measurement": msgspec.to_builtins(measurement)})
            else:
                planted = sum(math.log(plant.factor) for plant in self._machine.plants if plant.part in case.name and night >= plant.night)
                benchmarks.append(benchmark(case.name, case.case, case.measured(environment, offset, planted)))
        return {
            "machine_info": self._machine_info(night),
            "commit_info": {"id": self.commit(night), "time": (when - timedelta(hours=8)).isoformat(), "branch": "main", "dirty": False},
            "datetime": when.isoformat(),
            "version": "5.3.1",
            "benchmarks": benchmarks,
            "unmeasured": unmeasured,
        }

    def _machine_info(self, night: int) -> dict[str, Any]:
        driver = "610.20" if self._machine.driver_night is not None and night >= self._machine.driver_night else "595.58"
        return {
            "node": "runner",
            "machine": "x86_64",
            "system": "Linux",
            "python_version": "3.11.7",
            "cpu": {"brand_raw": self._machine.cpu, "count": 16},
            "gpu": {"name": self._machine.gpu, "driver": driver} if self._machine.gpu else None,
            "suite": {
                "schema_version": SCHEMA_VERSION,
                "experiment": EXPERIMENT,
                "experiment_sha256": "e",
                "corpus_sha256": "c",
                "job_experiment": EXPERIMENT,
                "job_experiment_sha256": self._machine.job_inputs[0],
                **self._models(),
            },
        }

    def _models(self) -> dict[str, Any]:
        """As before there were several, where only the default one was measured."""
        default = {"weights_sha256": "w", "job_weights_sha256": self._machine.job_inputs[1]}
        others = {each.case.model for each in self._cases} - {DEFAULT_MODEL}
        if not others:
            return default
        of_others = {"sha256": self._machine.model_sha256, "weights_sha256": "w", "job_weights_sha256": None}
        return {"models": {DEFAULT_MODEL: default, **dict.fromkeys(sorted(others), of_others)}}

    def _environment(self, framework: str, night: int) -> dict[str, str]:
        upgraded = self._machine.upgrade_night is not None and night >= self._machine.upgrade_night
        versions = {"pytorch": "torch 2.14.1" if upgraded else "torch 2.14.0", "tensorflow": "tensorflow 2.21.0"}
        device = "cuda:0" if self._machine.gpu else "cpu"
        return {"framework": versions.get(framework, f"{framework} 1.0"), "device": device, "host": f"runner-{night % 2}"}


def main() -> None:
    folder, nights = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60
    plants = (
        Plant("train_step[pytorch-matched-eager-fp32-frozen", 48, 1.07),
        Plant("memory[tensorflow-matched", 20, 1.05),
        Plant("inference[tensorflow-stock-bs1]", nights - 3, 1.08),
        Plant("test_data_pipeline[pytorch-stock", 30, 0.9),
    )
    failing = {
        nights - 1: ("train_step[tensorflow-matched-xla", Outcome.OUT_OF_MEMORY, "the allocator was asked for 2.1 GiB, 0.4 GiB were free")
    }
    Nights(Machine(nights=nights, plants=plants, failing=failing)).write(folder)


if __name__ == "__main__":
    main()
