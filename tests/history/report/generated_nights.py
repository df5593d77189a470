"""Nights of the suite on a simulated machine, written as pytest-benchmark writes them: every phase, both frameworks, known changes.

    python -m tests.history.report.generated_nights FOLDER [NIGHTS]

Noise is `noisy_job`'s: each night a job with an offset that all cases share, and one of each case's own.
"""

from __future__ import annotations

import hashlib
import math
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.frameworks import FRAMEWORKS
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import Check, EqualWork
from harness.record.fairness import STEP_LADDER
from harness.record.measurement import (
    SCHEMA_VERSION,
    ColdStart,
    CurvePoint,
    Epoch,
    Measurement,
    Provenance,
    Reading,
    ScalingPoint,
    SweepPoint,
)
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.cases import case_id

MIB = 2**20
FIRST_NIGHT = datetime(2026, 9, 1, 1, 17, tzinfo=UTC)
GPU = "Accelerator X1"
SECONDS = {"pytorch": 0.021, "tensorflow": 0.024}  # of a step of batch 32, before the case's own factor
MATCHED = {"execution": Execution.PLAIN, "precision": Precision.FP32}


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


def standard_cases() -> tuple[Case, ...]:
    """The first framework's side of each comparison."""

    def case(phase: Phase, workload: Workload, style: Style, batch_size: int = 32, **parts: Any) -> Case:
        return Case(
            framework="pytorch",
            phase=phase,
            workload=workload,
            style=style,
            batch_size=batch_size,
            **(MATCHED | parts if style is Style.MATCHED else parts),
        )

    matched, stock = Style.MATCHED, Style.STOCK
    return (
        case("data_pipeline", Workload.LOADING, matched, execution=None, precision=None),
        case("data_pipeline", Workload.LOADING, stock),
        case("data_pipeline", Workload.LOADING, Style.STRATEGY, strategy="sequential"),
        case("pipeline_scaling", Workload.LOADING, matched, execution=None, precision=None),
        case("end_to_end", Workload.FROZEN, matched),
        case("train_step", Workload.FROZEN, matched),
        case("train_step", Workload.FROZEN, matched, execution=Execution.COMPILED),
        case("train_step", Workload.FULL, matched),
        case("train_step", Workload.FULL, matched, precision=Precision.BF16),
        case("train_step", Workload.FROZEN, stock),
        *(case("train_step", Workload.FROZEN, Style.LADDER, rung=rung) for rung in STEP_LADDER[:-1]),
        case("inference", Workload.INFERENCE, matched, 1),
        case("inference", Workload.INFERENCE, matched),
        case("inference", Workload.INFERENCE, stock, 1),
        case("inference", Workload.INFERENCE, stock),
        case("memory", Workload.FROZEN, matched),
        case("memory", Workload.FROZEN, stock),
        case("largest_batch", Workload.FROZEN, matched),
        case("fine_tuning", Workload.FROZEN, matched),
        case("fine_tuning", Workload.FROZEN, stock),
    )


def many_cases(comparisons: int) -> tuple[Case, ...]:
    """As many as asked for, all train steps."""
    grid = (
        Case(
            framework="pytorch",
            phase="train_step",
            workload=workload,
            style=Style.MATCHED,
            batch_size=batch_size,
            execution=execution,
            precision=precision,
        )
        for batch_size in range(1, 1000)
        for workload in (Workload.FROZEN, Workload.FULL)
        for execution in Execution
        for precision in Precision
    )
    return tuple(case for case, _ in zip(grid, range(comparisons), strict=False))


class Nights:
    """The machine's runs, one file a night."""

    def __init__(self, machine: Machine, commits: Iterable[str] = ()) -> None:
        self._machine = machine
        self._mood = np.random.default_rng(machine.seed)
        first = machine.cases or standard_cases()
        self._cases = tuple(msgspec.structs.replace(case, framework=name) for case in first for name in FRAMEWORKS)
        # A stream for each case: one case more or less leaves the others as they were.
        self._random = {case: np.random.default_rng([machine.seed, zlib.crc32(node_id(case).encode())]) for case in self._cases}
        self._levels = {case: self._level(case) for case in self._cases}
        self._sds = {case: 0.011 * self._random[case].lognormal(0, 0.3) for case in self._cases}
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
        for case in self._cases:
            name = node_id(case)
            failing = self._machine.failing.get(night)
            if failing and failing[0] in name:
                measurement = self._failed(case, *failing[1:], night)
                unmeasured.append({"fullname": name, "measurement": msgspec.to_builtins(measurement)})
            else:
                planted = sum(math.log(plant.factor) for plant in self._machine.plants if plant.part in name and night >= plant.night)
                measurement = self._measured(case, night, offset + self._random[case].normal(0, self._sds[case]), planted)
                benchmarks.append(benchmark(name, case, measurement))
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
                "experiment": "exp1_resnet50_bs32_lr1e-3_e10",
                "experiment_sha256": "e",
                "corpus_sha256": "c",
                "weights_sha256": "w",
            },
        }

    def _level(self, case: Case) -> float:
        seconds = SECONDS[case.framework] * case.batch_size / 32
        seconds *= {Workload.FULL: 2.9, Workload.LOADING: 0.8, Workload.INFERENCE: 0.4}.get(case.workload, 1.0)
        seconds *= {Execution.COMPILED: 0.72}.get(case.execution or Execution.PLAIN, 1.0) * (
            0.45 if case.precision is Precision.BF16 else 1.0
        )
        if case.style is not Style.MATCHED and case.framework == "pytorch":
            climbed = STEP_LADDER.index(case.rung) + 1 if case.rung else 0
            seconds *= 1.6 - 0.6 * climbed / len(STEP_LADDER)
        return float(seconds * self._random[case].lognormal(0, 0.08))

    def _environment(self, case: Case, night: int) -> dict[str, str]:
        upgraded = self._machine.upgrade_night is not None and night >= self._machine.upgrade_night
        version = {"pytorch": "torch 2.14.1" if upgraded else "torch 2.14.0"}.get(case.framework, "tensorflow 2.21.0")
        return {"framework": version, "device": "cuda:0" if self._machine.gpu else "cpu", "host": f"runner-{night % 2}"}

    def _failed(self, case: Case, outcome: Outcome, detail: str, night: int) -> Measurement:
        return Measurement(case=case, outcome=outcome, detail=detail, environment=self._environment(case, night))

    def _measured(self, case: Case, night: int, noise: float, planted: float) -> Measurement:
        random, level = self._random[case], self._levels[case] * math.exp(noise + planted)
        seconds = level * np.exp(random.normal(0, 0.008, self._machine.rounds) + (random.random(self._machine.rounds) < 0.05) * 0.06)
        rounds = tuple(
            Round(seconds=float(each), cpu_seconds=float(each) * 1.4, foreign_cpu_share=0.01, block=index // 4, throttled_share=0.0)
            for index, each in enumerate(seconds)
        )
        memory = case.phase in ("memory", "fine_tuning")
        return Measurement(
            case=case,
            outcome=Outcome.OK,
            rounds=rounds,
            references={"limit": self._limit(case, rounds)} if case.workload is Workload.LOADING else {},
            cold_start=ColdStart(0.4, 2.0, 3, 5.0) if case.phase != "fine_tuning" else None,
            figures=self._figures(case),
            missing={} if self._machine.gpu else {"joules_per_image": "no GPU"},
            readings=self._readings(case, planted) if memory else (),
            memory_curve=self._curve(case) if case.phase == "memory" else (),
            scaling=self._scaling(case, level) if case.phase == "pipeline_scaling" else (),
            sweep=self._sweep(case) if case.phase == "largest_batch" else (),
            epochs=self._epochs(level, case) if case.phase == "fine_tuning" else (),
            equal_work=EqualWork("tensorflow", (Check("pixels", 3.1e-5, 1e-4, "normalised units"), Check("logits", 9e-6, 1e-3, "sd")))
            if case.style is Style.MATCHED
            else None,
            provenance=Provenance("exp1_resnet50_bs32_lr1e-3_e10", "e", "generated-v1", "c", "seeded-v1", "w"),
            environment=self._environment(case, night),
        )

    def _figures(self, case: Case) -> dict[str, float]:
        if case.phase == "data_pipeline":
            busy = {f"accelerator_utilisation_at_{speed}_images_per_second": min(0.99, 1300 / speed) for speed in (200, 800, 3200)}
            exact = {"pixel_difference_max": 4e-5, "pixel_difference_mean": 2e-6}
            return {"drained_batches": 40.0, "restart_seconds": 0.05, **busy, **({} if case.style is Style.STOCK else exact)}
        if case.phase == "end_to_end":
            alone = {"loader_alone_seconds_per_step": 0.017, "step_alone_seconds_per_step": 0.019}
            return {"overlap": 0.93, "lost_share": 0.06, "wait_share": 0.07, **alone}
        if case.phase == "train_step" and self._machine.gpu:
            return {"joules_per_image": 0.31 * math.exp(self._random[case].normal(0, 0.01)), "model_flops_utilisation": 0.37}
        if case.phase == "fine_tuning":
            return {"validation_loss_deviation": 0.8}
        return {}

    def _readings(self, case: Case, planted: float) -> tuple[Reading, ...]:
        size = int((2100 if case.framework == "pytorch" else 2600) * MIB * math.exp(planted))
        return (
            Reading("allocator_peak_bytes", size, "the framework's allocator"),
            Reading("host_with_children_bytes", int(1500 * MIB * math.exp(planted + self._random[case].normal(0, 0.004))), "smaps_rollup"),
            Reading("process_bytes", None, "nvmlDeviceGetComputeRunningProcesses", "the driver does not tell in a container"),
        )

    def _curve(self, case: Case) -> tuple[CurvePoint, ...]:
        top = 2600 if case.framework == "pytorch" else 3100
        times = np.linspace(0, 9, 300)
        used = top * (1 - np.exp(-times * 1.8)) * (0.86 + 0.14 * (np.sin(times * 7) > 0))
        return tuple(CurvePoint(float(time), int(each * MIB)) for time, each in zip(times, used, strict=True))

    def _limit(self, case: Case, rounds: tuple[Round, ...]) -> tuple[Round, ...]:
        """What the machine can do, in the same turns."""
        share = {Style.MATCHED: 0.91, Style.STRATEGY: 0.62}.get(case.style, 0.11)
        return tuple(
            msgspec.structs.replace(each, seconds=each.seconds * share * math.exp(self._random[case].normal(0, 0.01))) for each in rounds
        )

    def _scaling(self, case: Case, level: float) -> tuple[ScalingPoint, ...]:
        """Up to a lock that lets four cores work."""
        cost, counts = 16 * level / case.batch_size, (1, 2, 4, 8, 16)
        busy = {count: 4.0 * (1 - math.exp(-count / 4.0)) for count in counts}
        return tuple(ScalingPoint(count, busy[count] / cost, count**0.95 / cost, busy[count], cost) for count in counts)

    def _sweep(self, case: Case) -> tuple[SweepPoint, ...]:
        largest = 512 if case.framework == "pytorch" else 448
        sizes = [16, 32, 64, 128, 256, largest]
        points = [SweepPoint(size, Outcome.OK, 3000 * size / (size + 40), ()) for size in sizes]
        return (*points, SweepPoint(largest + 64, Outcome.OUT_OF_MEMORY, None, ()))

    def _epochs(self, level: float, case: Case) -> tuple[Epoch, ...]:
        better = 0.04 if case.framework == "tensorflow" else 0.0
        return tuple(
            Epoch(
                training_seconds=level * 900 * math.exp(self._random[case].normal(0, 0.01)),
                validation_seconds=level * 250 * math.exp(self._random[case].normal(0, 0.02)),
                training_loss=3.5 * 0.7**epoch,
                validation_loss=3.6 * 0.75**epoch - better,
                validation_accuracy=min(0.86, 0.2 + 0.15 * epoch) + better,
                training_images=1020,
                validation_images=1020,
            )
            for epoch in range(5)
        )


def node_id(case: Case) -> str:
    """Where a case is measured: strategies have a benchmark of their own in their phase's file."""
    function = "test_strategies" if case.strategy else f"test_{case.phase}"
    return f"benchmarks/test_{case.phase}.py::{function}[{case_id(case)}]"


def benchmark(name: str, case: Case, measurement: Measurement) -> dict[str, Any]:
    seconds = np.array(measurement.step_seconds)
    low, median, high = np.percentile(seconds, (25, 50, 75))
    return {
        "group": case.comparison,
        "name": name.rpartition("::")[2],
        "fullname": name,
        "params": {key: str(value) for key, value in msgspec.to_builtins(case).items() if value is not None},
        "param": name.partition("[")[2].removesuffix("]"),
        "extra_info": {"measurement": msgspec.to_builtins(measurement)},
        "options": {
            "disable_gc": False,
            "timer": "replayed_from_the_worker",
            "min_rounds": 10,
            "max_time": 10,
            "min_time": 5e-6,
            "warmup": False,
        },
        "stats": {
            "min": float(seconds.min()),
            "max": float(seconds.max()),
            "mean": float(seconds.mean()),
            "stddev": float(seconds.std(ddof=1)),
            "rounds": len(seconds),
            "median": float(median),
            "iqr": float(high - low),
            "q1": float(low),
            "q3": float(high),
            "iqr_outliers": 0,
            "stddev_outliers": 0,
            "outliers": "0;0",
            "ld15iqr": float(seconds.min()),
            "hd15iqr": float(seconds.max()),
            "ops": float(1 / seconds.mean()),
            "total": float(seconds.sum()),
            "iterations": 1,
            "data": seconds.tolist(),
        },
    }


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
