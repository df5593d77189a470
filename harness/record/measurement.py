"""The one record that travels: from a worker to pytest, into the JSON, and on to the history.

Everything else in the JSON is derived from it or written by pytest-benchmark itself.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from harness.record.case import Case, Phase

SCHEMA_VERSION = 2
LIMIT = "limit"  # among the references: what the machine can do
FOREIGN_SHARE_LIMIT = 0.10  # of all cores: more, and a round counts as disturbed
PIXEL_TOLERANCE = 3e-4  # normalised units; 1e-4 was seen, one grey level is 2e-2 and so is another decoder's or resize's error
THROTTLED_SHARE_LIMIT = 0.05  # of the time: more, and a round counts as throttled


class Outcome(StrEnum):
    """How a case ended. Only `ok` carries a number into a comparison."""

    OK = "ok"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the worker's process died
    ERROR = "error"  # the measured code raised
    UNEQUAL_WORK = "unequal_work"
    UNFENCED = "unfenced"  # work was still running after the fence: the durations are not the work's
    THROTTLED = "throttled"
    TARGET_MISSED = "target_missed"  # the job ended below the accuracy that its experiment asks for
    UNSUPPORTED = "unsupported"


class Round(msgspec.Struct, frozen=True):
    """`steps_per_round` steps between two fences."""

    seconds: float
    cpu_seconds: float  # of the worker and its children
    foreign_cpu_share: float  # of all cores, taken by other processes (or stolen by the hypervisor) meanwhile
    block: int  # which turn of the alternation A B B A … it belongs to
    device_seconds: float | None = None  # by the device's own events, where the framework has them
    throttled_share: float | None = None  # of the time the GPU was slowed by heat or a power brake; None: no GPU, or it does not tell

    @property
    def disturbed(self) -> bool:
        return self.foreign_cpu_share > FOREIGN_SHARE_LIMIT

    @property
    def throttled(self) -> bool:
        return (self.throttled_share or 0.0) > THROTTLED_SHARE_LIMIT

    @property
    def sound(self) -> bool:
        """What its duration shows is the work: neither other processes nor a GPU that is too hot."""
        return not (self.disturbed or self.throttled)


def mostly_disturbed(rounds: Sequence[Round]) -> bool:
    return sum(each.disturbed for each in rounds) > len(rounds) / 2


class ColdStart(msgspec.Struct, frozen=True):
    """What comes before the steady state; never part of a round."""

    build_seconds: float  # the model or the pipeline, weights included
    first_step_seconds: float  # traces, compiles, autotunes
    steps_to_steady_state: int
    warm_up_seconds: float  # all warm-up steps, the first included

    @property
    def first_batch_seconds(self) -> float:
        """Of a pipeline, from nothing: some start their workers when they are built, others when they are first asked."""
        return self.build_seconds + self.first_step_seconds


class Reading(msgspec.Struct, frozen=True):
    """One meter's reading of memory. A meter that cannot read says why: never a silent 0."""

    name: str
    value_bytes: int | None
    source: str
    status: str = "ok"


class CurvePoint(msgspec.Struct, frozen=True):
    """Device memory in use at one moment of the memory phase."""

    seconds: float  # since the sampling started
    used_bytes: int


class SweepPoint(msgspec.Struct, frozen=True):
    """One batch size tried on the way to the largest that fits."""

    batch_size: int
    outcome: Outcome  # ok or out_of_memory
    images_per_second: float | None
    readings: tuple[Reading, ...]


class ScalingPoint(msgspec.Struct, frozen=True):
    """An input pipeline with so many workers, threads or processes, beside the limit with as many threads."""

    workers: int
    images_per_second: float
    limit_images_per_second: float
    busy_cores: float  # of the pipeline, while it was measured
    cpu_seconds_per_image: float


class Epoch(msgspec.Struct, frozen=True):
    """One pass over the training images, and the validation after it."""

    training_seconds: float
    validation_seconds: float
    training_loss: float  # mean over the epoch's steps, as the weights were in each
    validation_loss: float  # mean over the validation images
    validation_accuracy: float
    training_images: int
    validation_images: int


class Check(msgspec.Struct, frozen=True):
    """One comparison of what was computed: by the two frameworks, or by a model before it was saved and after it was loaded."""

    name: str
    difference: float
    tolerance: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.difference <= self.tolerance  # False for NaN too


class EqualWork(msgspec.Struct, frozen=True):
    """The receipt that both frameworks were given, and did, the same work."""

    reference: str  # the framework compared with
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)


class Provenance(msgspec.Struct, frozen=True):
    """What the work was made from."""

    experiment: str
    experiment_sha256: str
    corpus: str
    corpus_sha256: str
    weights: str
    weights_sha256: str


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One case, measured or not.

    `figures` holds what a phase adds beyond durations, the unit in each name; `missing` says of those that could not be had why.
    """

    case: Case
    outcome: Outcome
    detail: str = ""  # why, where the outcome is not ok
    steps_per_round: int = 1
    rounds: tuple[Round, ...] = ()
    references: dict[str, tuple[Round, ...]] = {}  # what was measured in the same turns to stand beside the rounds, by what it is
    retaken_rounds: int = 0  # rounds measured again because other processes disturbed them, or the GPU was throttled
    cold_start: ColdStart | None = None
    figures: dict[str, float] = {}
    missing: dict[str, str] = {}
    readings: tuple[Reading, ...] = ()
    memory_curve: tuple[CurvePoint, ...] = ()
    sweep: tuple[SweepPoint, ...] = ()
    scaling: tuple[ScalingPoint, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    checks: tuple[Check, ...] = ()  # of a model format: what the loaded model computes against the saved one
    equal_work: EqualWork | None = None
    provenance: Provenance | None = None
    environment: dict[str, str] = {}
    schema_version: int = SCHEMA_VERSION

    @property
    def step_seconds(self) -> list[float]:
        """Seconds a step, one value a round."""
        return [round_.seconds / self.steps_per_round for round_ in self.rounds]

    @property
    def median_step_seconds(self) -> float:
        return statistics.median(self.step_seconds)

    @property
    def disturbed_rounds(self) -> int:
        """Rounds that were kept although disturbed, the time for retakes used up."""
        return sum(round_.disturbed for round_ in self.rounds)

    @property
    def disturbed(self) -> bool:
        """Most of its rounds were: no winner is named by it."""
        return mostly_disturbed(self.rounds)

    @property
    def throttled_rounds(self) -> int:
        return sum(round_.throttled for round_ in self.rounds)

    @property
    def batch_size(self) -> int:
        """Of the rounds: where the largest that fits was sought, the case's is only where the search began."""
        return int(self.figures.get("largest_batch_size", self.case.batch_size))

    @property
    def images_per_second(self) -> float | None:
        """None where nothing passes through: a model that is saved and loaded."""
        if self.case.phase is Phase.MODEL_FORMATS:
            return None
        if self.epochs:
            return statistics.median(each.training_images / each.training_seconds for each in self.epochs)
        return self.batch_size / self.median_step_seconds

    def bytes_read(self, meter: str) -> int | None:
        """What the meter read; None where it could not, or is not among the readings."""
        return next((reading.value_bytes for reading in self.readings if reading.name == meter), None)

    def percentile_seconds(self, percent: int) -> float:
        """Percentile of the seconds a step (inclusive method: never beyond what was seen)."""
        values = self.step_seconds
        return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
