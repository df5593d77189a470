"""The one record that travels: from a worker to pytest, into the JSON, and on to the history.

Everything else in the JSON is derived from it or written by pytest-benchmark itself.
"""

from __future__ import annotations

import statistics

import msgspec

from harness.record.case import DEFAULT_MODEL, Case
from harness.record.check import Check, EqualWork
from harness.record.outcome import Outcome
from harness.record.round import Round, mostly_disturbed

SCHEMA_VERSION = 2
LIMIT = "limit"  # among the references: what the machine can do
LOADER, STEP = "loader", "step"  # among the references: each of the two alone, beside the step that is fed
# Among the references of ranks: their step less the exchange, and the exchange of as many bytes alone.
ALONE, EXCHANGE = "step without exchange", "exchange alone"
_OF_RANK = " of rank "
PIXEL_TOLERANCE = 3e-4  # normalised units; 1e-4 was seen, one grey level is 2e-2 and so is another decoder's or resize's error


def of_rank(name: str, number: int) -> str:
    """What a reference or a reading of that rank is called. The first one's has no number: a single process is the first rank."""
    return f"{name}{_OF_RANK}{number}" if number else name


def rank_of(name: str) -> tuple[str, int]:
    """What `of_rank` has made the name of."""
    first, of, number = name.rpartition(_OF_RANK)
    return (first, int(number)) if of and number.isdecimal() else (name, 0)


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


class Provenance(msgspec.Struct, frozen=True):
    """What the work was made from."""

    experiment: str
    experiment_sha256: str
    corpus: str
    corpus_sha256: str
    weights: str
    weights_sha256: str
    model: str = DEFAULT_MODEL  # its name; runs of before there were others do not say it
    model_title: str = ""  # as people read it; "" in runs of before models had one
    model_sha256: str = ""  # of its folder; "" in runs of before models were folders


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
    item: str = "image"  # what a batch is made of: the word of its model
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
        return int(self.figures.get("largest_batch_size", 0.0)) or self.case.batch_size

    def bytes_read(self, meter: str) -> int | None:
        """What the meter read; None where it could not, or is not among the readings."""
        return next((reading.value_bytes for reading in self.readings if reading.name == meter), None)

    def percentile_seconds(self, percent: int) -> float:
        """Percentile of the seconds a step (inclusive method: never beyond what was seen)."""
        values = self.step_seconds
        return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
