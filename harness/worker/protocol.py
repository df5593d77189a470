"""What pytest and a worker say to each other: requests one way; progress and then one answer, or one failure, the other.

Messages are msgspec structs in MessagePack, sent as bytes over an execnet channel.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from harness.frameworks.contract import Setup
from harness.frameworks.ranks import Rank
from harness.frameworks.tape import Tape, Trained, Walked
from harness.record.check import Check
from harness.record.measurement import ColdStart, CurvePoint, Epoch, Reading, ScalingPoint
from harness.record.outcome import Outcome
from harness.record.parting import Known, Part, Point
from harness.record.round import Round
from harness.worker.trace import OutputTrace, PixelTrace, Rounding, TrainingTrace


class Hello(msgspec.Struct, frozen=True):
    """The first message of a worker."""

    pid: int  # also its process group: whatever it starts dies with it
    host: str  # its machine's name, for people
    files: str  # the same for workers that see the same files
    processes: str  # the same for workers that know each other by their pid
    cores: int  # that it may run on
    folder: str  # its temporary folder: log, compilers' caches


class Offered(msgspec.Struct, frozen=True):
    """Where a worker could be found by the other ranks of its side."""

    engine_port: int
    line_port: int
    key: bytes
    host: str
    suite_sha256: str  # of this suite's own files, as the worker imports them
    corpus_sha256: str  # of what lies where the set-up says; "" where nothing does
    weights_sha256: str
    network: str  # its network namespace, by the kernel's name: what it calls 127.0.0.1 is the same for all who share it
    hosts: dict[str, str]  # its addresses, and the mask of each one's network


class MadeCorpus(msgspec.Struct, frozen=True):
    """Where a corpus is on the worker's machine, and what it is."""

    name: str
    folder: str
    sha256: str
    classes: int


class MadeWeights(msgspec.Struct, frozen=True):
    """Where the canonical weights are on the worker's machine, and what they are."""

    name: str
    file: str  # beside it lies what else is kept of them (`models.kept`)
    sha256: str
    flop_per_item: dict[str, int]  # of one step, by workload: one count for all frameworks; empty where nobody could count


class Begun(msgspec.Struct, frozen=True):
    cold_start: ColdStart | None  # None: the first round has it, as in a job
    steps_per_round: int
    checks: tuple[Check, ...] = ()  # of a model format: past a tolerance nothing is measured


class Block(msgspec.Struct, frozen=True):
    """The rounds of one turn of the alternation."""

    rounds: tuple[Round, ...]
    retaken_rounds: int
    retaken_seconds: float
    busy_seconds: float  # measuring, retakes included; what is left of the call's time is overhead
    references: dict[str, tuple[Round, ...]] = {}  # as many steps a round as the rounds have
    epoch: Epoch | None = None  # of a fine-tuning: the one that this turn was


class Ended(msgspec.Struct, frozen=True):
    figures: dict[str, float]
    readings: tuple[Reading, ...]
    busy_seconds: float
    missing: dict[str, str] = {}  # figures that could not be had: why
    memory_curve: tuple[CurvePoint, ...] = ()
    scaling: tuple[ScalingPoint, ...] = ()


class Request(msgspec.Struct, frozen=True, tag=True):
    """Names the type of its answer."""

    answer: ClassVar[Any]


class Describe(Request, frozen=True):
    """Which versions and which device: the framework's `environment`, the device opened for the case."""

    answer = dict[str, str]
    setup: Setup


class Offer(Request, frozen=True):
    """Where the worker could be found by others, as a rank of its side, and whether it would do the same work as they."""

    answer = Offered
    setup: Setup


class Join(Request, frozen=True):
    """Makes the worker a rank of its side, until it ends. Every set-up that comes after has this rank."""

    answer = None
    setup: Setup  # what the process is set for: an engine is started with its threads
    rank: Rank
    lead: str  # HOST:PORT where the first rank listens for the others
    key: bytes  # of the first one's offer: who has it is one of the ranks
    beside: tuple[int, ...]  # the processes of the other ranks on its machine


class MakeCorpus(Request, frozen=True):
    answer = MadeCorpus
    dataset: str  # "generated", "flowers102", or the folder of a user's own
    cache: str  # folder; "" for the user's cache folder on the worker's machine


class MakeWeights(Request, frozen=True):
    """The canonical weights of a model, and what is kept beside them; made where they are not there yet."""

    answer = MadeWeights
    setup: Setup
    source: str  # "seeded", "imagenet", or a file of the user's
    cache: str
    original: str  # the module that offers `original.Original`; "" where the worker's framework has none


class GiveWeights(Request, frozen=True):
    """All that is kept of them, to be taken to another machine."""

    answer = dict[str, bytes]
    file: str


class TakeWeights(Request, frozen=True):
    answer = MadeWeights
    weights: MadeWeights  # as they are where they come from
    kept: dict[str, bytes]
    cache: str


class TracePixels(Request, frozen=True):
    answer = PixelTrace
    setup: Setup


class TraceOutputs(Request, frozen=True):  # of the work that has begun, where that is alike (`traces.is_alike`)
    answer = OutputTrace
    setup: Setup
    items: int  # of the batch: the first ones


class TraceTraining(Request, frozen=True):
    answer = TrainingTrace
    setup: Setup
    steps: int


class TraceRounding(Request, frozen=True):
    """Kept with the weights: a second session finds it."""

    answer = Rounding
    setup: Setup
    steps: int  # 0: of the outputs alone


class TakeTape(Request, frozen=True):
    answer = Tape
    setup: Setup
    taped: str  # the module that offers `examination.Taped`
    wanted: tuple[int, ...] = ()


class TakeTraining(Request, frozen=True):
    answer = Trained
    setup: Setup
    taped: str
    steps: int
    wanted: tuple[int, ...] = ()


class WalkInference(Request, frozen=True):
    answer = Walked
    setup: Setup
    walk: str  # the module that offers `examination.Walking`
    tape: Tape


class WalkTraining(Request, frozen=True):
    answer = dict[Part, Walked]
    setup: Setup
    walk: str
    trained: Trained


class CompareLayers(Request, frozen=True):
    answer = tuple[Point, ...]
    setup: Setup
    walk: str
    tape: Tape


class LookUp(Request, frozen=True):
    """What the catalogue has of these entries."""

    answer = dict[str, Known]
    walk: str
    entries: tuple[str, ...]
    other: str  # the framework that the original is compared with


class Begin(Request, frozen=True):
    """Builds the case's work and warms it up to its steady state."""

    answer = Begun
    setup: Setup
    bench: str  # the module that has the phase's `Bench`


class Measure(Request, frozen=True):
    """One turn of the alternation: rounds for about `seconds`, at least one and at most `max_rounds`."""

    answer = Block
    block: int
    seconds: float
    max_rounds: int
    retake_seconds: float  # how long disturbed rounds may still be measured again


class End(Request, frozen=True):
    """Measures what the phase wants beyond rounds, then frees the work."""

    answer = Ended


AnyRequest = (
    Describe
    | Offer
    | Join
    | MakeCorpus
    | MakeWeights
    | GiveWeights
    | TakeWeights
    | TracePixels
    | TraceOutputs
    | TraceTraining
    | TraceRounding
    | TakeTape
    | TakeTraining
    | WalkInference
    | WalkTraining
    | CompareLayers
    | LookUp
    | Begin
    | Measure
    | End
)


class Progress(msgspec.Struct, frozen=True, tag=True):
    stage: str
    done: int = 0
    total: int = 0  # 0 where it is not known


class Answer(msgspec.Struct, frozen=True, tag=True):
    content: bytes  # of the request's `answer` type


class Failure(msgspec.Struct, frozen=True, tag=True):
    outcome: Outcome
    detail: str


Message = Progress | Answer | Failure
