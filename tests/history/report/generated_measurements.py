"""What a case of the simulated machine measures in a night: every phase, with each framework's own speed."""

from __future__ import annotations

import math
import zlib

import msgspec
import numpy as np

from harness.findings.exchange import with_figures
from harness.phases import ladders
from harness.record.case import DEFAULT_MODEL, Case, Execution, Precision, Style, Workload
from harness.record.check import Check, EqualWork
from harness.record.measurement import (
    ALONE,
    EXCHANGE,
    ColdStart,
    CurvePoint,
    Epoch,
    Measurement,
    Provenance,
    Reading,
    ScalingPoint,
    SweepPoint,
    of_rank,
)
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.history.report.generated_cases import node_id

EXPERIMENT = "exp1_resnet50_bs32_lr1e-3_e10"
MIB = 2**20
SECONDS = {"pytorch": 0.021, "tensorflow": 0.024}  # of a step of batch 32, before the case's own factor
ITEMS = {"mlp": "row"}  # of models whose batches are not made of images
TITLES = {DEFAULT_MODEL: "ResNet50", "mlp": "Multilayer perceptron"}
WEAK = "items hardly differ in the outputs: bring values that do"
LEFT_OPEN = 32  # between the largest batch that fits and the smallest that does not
MOST_RANKS = 4  # that have cores of their own
OTHERS_SECONDS = 0.019  # of further frameworks


class GeneratedCase:
    """A case and its stream of random numbers: one case more or less leaves the others as they were."""

    def __init__(self, case: Case, seed: int, rounds: int, gpu: bool) -> None:
        self.case = case
        self.name = node_id(case)
        self.random = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        self._rounds = rounds
        self._gpu = gpu
        self._level_seconds = self._level()
        self._sd = 0.011 * self.random.lognormal(0, 0.3)

    def measured(self, environment: dict[str, str], offset: float, planted: float) -> Measurement:
        """offset: what all cases of the night share. planted: a change. Both are logarithms."""
        case, random = self.case, self.random
        level = self._level_seconds * math.exp(offset + random.normal(0, self._sd) + planted)
        largest = self._largest() if case.phase == "largest_batch" else 0
        level *= largest / case.batch_size if largest else 1.0
        seconds = level * np.exp(random.normal(0, 0.008, self._rounds) + (random.random(self._rounds) < 0.05) * 0.06)
        rounds = tuple(
            Round(seconds=float(each), cpu_seconds=float(each) * 1.4, foreign_cpu_share=0.01, block=index // 4, throttled_share=0.0)
            for index, each in enumerate(seconds)
        )
        memory = case.phase in ("memory", "fine_tuning")
        measurement = Measurement(
            case=case,
            outcome=Outcome.OK,
            rounds=rounds,
            references={"limit": self._limit(rounds)} if case.workload is Workload.LOADING else self._exchange(rounds),
            cold_start=ColdStart(0.4, 2.0, 3, 5.0) if case.phase != "fine_tuning" else None,
            figures=_found(largest) if largest else self._figures(),
            missing={} if self._gpu else {f"joules_per_{self._item}": "no GPU"},
            readings=_peak(largest) if largest else self._readings(planted) if memory else self._readings_of_ranks(),
            memory_curve=self._curve() if case.phase == "memory" else (),
            scaling=self._scaling(level) if case.phase == "pipeline_scaling" else (),
            sweep=_sweep(largest) if largest else (),
            epochs=self._epochs(level) if case.phase == "fine_tuning" else (),
            equal_work=EqualWork("tensorflow", _checks(case)) if case.style is Style.MATCHED else None,
            provenance=Provenance(EXPERIMENT, "e", "generated-v1", "c", "seeded-v1", "w", case.model, TITLES[case.model], "m"),
            item=self._item,
            environment=environment | self._ranks_environment(),
        )
        return with_figures(measurement)

    @property
    def _item(self) -> str:
        return ITEMS.get(self.case.model, "image")

    def failed(self, environment: dict[str, str], outcome: Outcome, detail: str) -> Measurement:
        return Measurement(case=self.case, outcome=outcome, detail=detail, environment=environment)

    def _exchange(self, rounds: tuple[Round, ...]) -> dict[str, tuple[Round, ...]]:
        """Of ranks: the longer the more of them there are; half of it is hidden."""
        if self.case.ranks == 1:
            return {}
        share = 0.05 * self.case.ranks
        shares = {ALONE: 1 - share, EXCHANGE: 2 * share}
        shares |= {of_rank(ALONE, number): (1 - share) * (1 + 0.01 * number) for number in range(1, self.case.ranks)}
        return {name: tuple(self._shortened(each, own) for each in rounds) for name, own in shares.items()}

    def _shortened(self, whole: Round, share: float) -> Round:
        return msgspec.structs.replace(whole, seconds=whole.seconds * share * math.exp(self.random.normal(0, 0.004)))

    def _readings_of_ranks(self) -> tuple[Reading, ...]:
        if self.case.phase != "data_parallel":
            return ()
        return tuple(Reading(of_rank("allocator_peak_bytes", number), (900 + number) * MIB, "test") for number in range(self.case.ranks))

    def _ranks_environment(self) -> dict[str, str]:
        if self.case.ranks == 1:
            return {}
        shared = {"cores_shared": "cores" if self.case.ranks > MOST_RANKS else "no"}
        return {"cores": "4", "machines": "1", "cores_of_all_ranks": str(4 * min(self.case.ranks, MOST_RANKS))} | shared

    def _level(self) -> float:
        case = self.case
        seconds = SECONDS.get(case.framework, OTHERS_SECONDS) * case.batch_size / 32
        worse = 0.04 if case.framework == "pytorch" else 0.08
        seconds *= (1 + worse * (case.ranks - 1)) / case.ranks
        seconds *= {Workload.FULL: 2.9, Workload.LOADING: 0.8, Workload.INFERENCE: 0.4}.get(case.workload, 1.0)
        seconds *= {Execution.COMPILED: 0.72}.get(case.execution or Execution.PLAIN, 1.0) * (
            0.45 if case.precision is Precision.BF16 else 1.0
        )
        if case.style is not Style.MATCHED and case.framework == "pytorch":
            climbed = ladders.STEP.index(case.rung) + 1 if case.rung else 0
            seconds *= 1.6 - 0.6 * climbed / len(ladders.STEP)
        spread = 0.0 if case.phase == "data_parallel" else 0.08  # these are compared with one another
        return float(seconds * self.random.lognormal(0, spread))

    def _figures(self) -> dict[str, float]:
        if self.case.phase == "data_pipeline":
            busy = {f"accelerator_utilisation_at_{speed}_images_per_second": min(0.99, 1300 / speed) for speed in (200, 800, 3200)}
            exact = {"pixel_difference_max": 4e-5, "pixel_difference_mean": 2e-6}
            return {"drained_batches": 40.0, "restart_seconds": 0.05, **busy, **({} if self.case.style is Style.STOCK else exact)}
        if self.case.phase == "end_to_end":
            alone = {"loader_alone_seconds_per_step": 0.017, "step_alone_seconds_per_step": 0.019}
            return {"overlap": 0.93, "lost_share": 0.06, "wait_share": 0.07, **alone}
        if self.case.phase == "train_step" and self._gpu:
            return {f"joules_per_{self._item}": 0.31 * math.exp(self.random.normal(0, 0.01)), "model_flops_utilisation": 0.37}
        if self.case.phase == "fine_tuning":
            return {"validation_loss_deviation": 0.8}
        if self.case.ranks > 1:
            return {"exchanged_bytes": 100.0 * MIB}
        return {}

    def _readings(self, planted: float) -> tuple[Reading, ...]:
        size = int((2100 if self.case.framework == "pytorch" else 2600) * MIB * math.exp(planted))
        return (
            Reading("allocator_peak_bytes", size, "the framework's allocator"),
            Reading("host_anonymous_bytes", int(1500 * MIB * math.exp(planted + self.random.normal(0, 0.004))), "smaps_rollup"),
            Reading("process_bytes", None, "nvmlDeviceGetComputeRunningProcesses", "the driver does not tell in a container"),
        )

    def _curve(self) -> tuple[CurvePoint, ...]:
        top = 2600 if self.case.framework == "pytorch" else 3100
        times = np.linspace(0, 9, 300)
        used = top * (1 - np.exp(-times * 1.8)) * (0.86 + 0.14 * (np.sin(times * 7) > 0))
        return tuple(CurvePoint(float(time), int(each * MIB)) for time, each in zip(times, used, strict=True))

    def _limit(self, rounds: tuple[Round, ...]) -> tuple[Round, ...]:
        """What the machine can do, in the same turns."""
        share = {Style.MATCHED: 0.91, Style.STRATEGY: 0.62}.get(self.case.style, 0.11)
        return tuple(msgspec.structs.replace(each, seconds=each.seconds * share * math.exp(self.random.normal(0, 0.01))) for each in rounds)

    def _scaling(self, level: float) -> tuple[ScalingPoint, ...]:
        """Up to a lock that lets four cores work."""
        cost, counts = 16 * level / self.case.batch_size, (1, 2, 4, 8, 16)
        busy = {count: 4.0 * (1 - math.exp(-count / 4.0)) for count in counts}
        return tuple(ScalingPoint(count, busy[count] / cost, count**0.95 / cost, busy[count], cost) for count in counts)

    def _largest(self) -> int:
        """The batch that fits: not the same every night."""
        return (512 if self.case.framework == "pytorch" else 448) - 32 * int(self.random.integers(3))

    def _epochs(self, level: float) -> tuple[Epoch, ...]:
        better = 0.04 if self.case.framework == "tensorflow" else 0.0
        return tuple(
            Epoch(
                training_seconds=level * 900 * math.exp(self.random.normal(0, 0.01)),
                validation_seconds=level * 250 * math.exp(self.random.normal(0, 0.02)),
                training_loss=3.5 * 0.7**epoch,
                validation_loss=3.6 * 0.75**epoch - better,
                validation_accuracy=min(0.86, 0.2 + 0.15 * epoch) + better,
                training_images=1020,
                validation_images=1020,
            )
            for epoch in range(5)
        )


def _checks(case: Case) -> tuple[Check, ...]:
    """A model of rows has no pixels, and its items hardly differ."""
    pixels = Check("pixels", 3.1e-5, 1e-4, "normalised units")
    return (Check("logits", 9e-6, 1e-3, "sd", WEAK),) if case.model in ITEMS else (pixels, Check("logits", 9e-6, 1e-3, "sd"))


def _sweep(largest: int) -> tuple[SweepPoint, ...]:
    points = [SweepPoint(size, Outcome.OK, 3000 * size / (size + 40), ()) for size in (16, 32, 64, 128, 256, largest)]
    return (*points, SweepPoint(largest + LEFT_OPEN, Outcome.OUT_OF_MEMORY, None, ()))


def _found(largest: int) -> dict[str, float]:
    return {"largest_batch_size": float(largest), "smallest_out_of_memory_batch_size": float(largest + LEFT_OPEN)}


def _peak(largest: int) -> tuple[Reading, ...]:
    return (Reading("allocator_peak_bytes", (500 + 30 * largest) * MIB, "the framework's allocator"),)
