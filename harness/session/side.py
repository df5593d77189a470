"""One side of a comparison: a case on its way from its worker to its Measurement."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import Folder
from harness import phases
from harness.frameworks.contract import Setup
from harness.phases import PHASES
from harness.phases.setups import setup_of
from harness.record.case import Case
from harness.record.check import EqualWork
from harness.record.fairness import SURROUNDINGS, Source
from harness.record.measurement import Measurement, Provenance, SweepPoint
from harness.record.outcome import Outcome
from harness.session import utilisation
from harness.session.inputs import InputStore, Workers
from harness.session.joined import joined
from harness.session.journal.keeper import Keeper
from harness.session.taken import Taken
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.meters.slowdown import FAULTS
from harness.worker.protocol import Begin, Begun, Block, Describe, End, Ended, Measure, Progress, Request

BAR_WIDTH = 30
THROTTLING_FIGURES = {f"{name}_share" for name in FAULTS}


class Teller(Protocol):
    """Shows the stage a case is at."""

    def tell(self, case: Case, stage: str) -> None:
        """The present stage, which the next one replaces."""

    def milestone(self, case: Case, stage: str) -> None:
        """One that is worth a line of its own in a log."""


class Side:
    """Collects what the worker answers.

    A failure ends the side, not the comparison: from then on it asks its worker for nothing more, and its measurement says why.
    """

    def __init__(self, case: Case, inputs: InputStore, timeout_seconds: float, teller: Teller, keeper: Keeper) -> None:
        self.case = case
        self.phase = PHASES[case.phase]
        self.equal_work: EqualWork | None = None
        self.taken = Taken()
        self.environment: dict[str, str] = {}
        self._inputs = inputs
        self._timeout_seconds = timeout_seconds
        self._teller = teller
        self._keeper = keeper
        self._failure: WorkerFailure | None = None
        self._provenance: Provenance | None = None
        self._figures: dict[str, float] = {}
        self._missing: dict[str, str] = {}
        self._sweep: list[SweepPoint] = []
        self._before: Measurement | None = None

    @property
    def alive(self) -> bool:
        return self._failure is None

    @property
    def experiment(self) -> Experiment:
        return self._inputs.experiment(self.case.phase)

    @property
    def model(self) -> Folder:
        return self._inputs.model(self.case)

    @property
    def failure(self) -> WorkerFailure | None:
        return self._failure

    @property
    def surroundings(self) -> frozenset[Source]:
        """The sources of unfairness that its worker's environment variables have at their neutral setting."""
        return self.phase.neutral(self.case) & SURROUNDINGS

    @property
    def device(self) -> str:
        """The device's name; empty until it has been opened."""
        return self.environment.get("device", "")

    @property
    def place(self) -> str:
        """The device and the machine that the side runs on."""
        return " ".join(self.environment[key] for key in ("device", "device_name", "host") if key in self.environment)

    def go_on_from(self, before: Measurement) -> None:
        """What it measures is added to that of a first visit."""
        self._before = before

    @property
    def first_turn(self) -> int:
        """The number of its first block."""
        return self._before.rounds[-1].block + 1 if self._before else 0

    def fail(self, outcome: Outcome, detail: str) -> None:
        """The first failure is the one that is told."""
        self._failure = self._failure or WorkerFailure(outcome, detail)

    def explain(self, why: str) -> None:
        """Adds to what is told of its failure."""
        if self._failure is not None:
            self._failure = WorkerFailure(self._failure.outcome, f"{self._failure.detail}. {why[:1].upper()}{why[1:]}")

    @property
    def has_inputs(self) -> bool:
        """Whether they have been made, or failed to be."""
        return self._inputs.has(self.case)

    def prepare(self, workers: Workers) -> None:
        """Has the inputs of its case made where they are not yet. Raises WorkerStartError."""
        if not self.has_inputs:
            self._inputs.make(self.case, workers, self._report)

    def open(self, worker: Worker | Crew) -> None:
        """Gives the side its worker, and the worker its inputs, which are made."""
        self._worker = worker
        with self._survived():
            made = self._inputs.of(self.case)
            self._provenance = self._inputs.provenance(self.case)
            self._flop_per_item = made.weights.flop_per_item.get(self.case.workload)
            self.setup: Setup = setup_of(
                self.case,
                self.experiment,
                model=self._inputs.model(self.case),
                corpus=made.corpus.folder,
                classes=made.corpus.classes,
                weights=made.weights.file,
                threads=worker.hello.cores,
                pretrained=self._inputs.pretrained,
            )
            if isinstance(worker, Crew) and self.case.ranks > 1:
                self._teller.tell(self.case, f"{self.case.ranks} ranks are meeting")
                worker.meet(self.setup, self._timeout_seconds, self._inputs.of_ranks(self.case))
            described = self.ask(Describe(self.setup), "opening the device")
            self.environment = self.environment if described is None else described  # a second worker may fail where a first one told it

    def ask(self, request: Request, stage: str) -> Any:
        """The worker's answer. None where the side has failed, now or before."""
        if not self.alive:
            return None
        self._teller.tell(self.case, stage)
        with self._survived():
            return self._worker.call(request, self._timeout_seconds, self._report)

    def send(self, requests: Sequence[Request]) -> None:
        """Has its worker begin with them, while other sides' workers do theirs. `answers` is next."""
        if self.alive:
            with self._survived():
                for request in requests:
                    self._worker.send(request)

    def answers(self, requests: Sequence[Request], stage: str) -> list[Any] | None:
        """To the requests that were sent. None where the side has failed, now or before."""
        found = []
        for request in requests:
            if self.alive or self._worker.alive:  # one that could not do the first of them is not killed over it, and answers the others
                self._teller.tell(self.case, stage)
                with self._survived():
                    found.append(self._worker.answer(request, self._timeout_seconds, self._report))
        return found if self.alive else None

    def begin(self) -> None:
        begun: Begun | None = self.ask(Begin(self.setup, phases.bench(self.case.phase)), "warming up") if self.alive else None
        if begun is None:
            return
        self.taken = Taken(begun)
        for check in begun.checks:
            if not check.holds:
                self.fail(Outcome.UNEQUAL_WORK, f"the model that was loaded is not the one that was saved: {check.told}")

    def take_block(self, number: int, seconds: float, max_rounds: int, retake_seconds: float) -> None:
        """retake_seconds: of the whole case, for rounds that were disturbed."""
        request = Measure(number, seconds, max_rounds, retake_seconds - self.taken.retaken_seconds)
        self._take(request, f"measuring, block {number + 1}")

    def take_epoch(self, number: int, epochs: int) -> None:
        self._take(Measure(number, 0.0, 1, 0.0), f"epoch {bar(number, epochs)}")

    def end(self) -> None:
        ended: Ended | None = self.ask(End(), "ending")
        if ended is None:
            return
        self.taken = replace(self.taken, ended=ended)
        self._fail_if_throttled(ended)
        if self.alive and self.phase.arithmetic:
            self._note_utilisation()

    def conclude(self, trial: Side) -> None:
        """Takes over what was measured of the same case at another batch size."""
        self.taken, self.environment = trial.taken, trial.environment

    def note(self, figures: dict[str, float], missing: dict[str, str]) -> None:
        """Adds figures, and what is missing of them with the reason."""
        self._figures |= figures
        self._missing |= missing

    def note_trial(self, trial: Measurement) -> None:
        """Adds one batch size that was tried on the way."""
        speed = trial.case.batch_size / trial.median_step_seconds if trial.outcome is Outcome.OK else None
        self._sweep.append(SweepPoint(trial.case.batch_size, trial.outcome, speed, trial.readings))
        self._keeper.piece(self.case, f"a batch of {trial.case.batch_size}", trial)

    @property
    def items(self) -> str:
        """The word for what its batches are made of."""
        return f"{self.model.description.item}s"

    def milestone(self, stage: str) -> None:
        self._teller.milestone(self.case, stage)

    def measurement(self) -> Measurement:
        """Of both visits where this is the second."""
        own = self._own_measurement()
        return own if self._before is None else joined(self._before, own)

    def _own_measurement(self) -> Measurement:
        begun, ended = self.taken.begun, self.taken.ended
        return Measurement(
            case=self.case,
            outcome=self._failure.outcome if self._failure else Outcome.OK,
            detail=self._failure.detail if self._failure else "",
            steps_per_round=self.taken.steps_per_round,
            rounds=self.taken.rounds,
            references=self.taken.references,
            retaken_rounds=sum(block.retaken_rounds for block in self.taken.blocks),
            cold_start=begun.cold_start if begun else None,
            figures=self._figures | (ended.figures if ended else {}),
            missing=self._missing | (ended.missing if ended else {}),
            readings=ended.readings if ended else (),
            memory_curve=ended.memory_curve if ended else (),
            sweep=tuple(self._sweep),
            scaling=ended.scaling if ended else (),
            epochs=self.taken.epochs,
            checks=begun.checks if begun else (),
            equal_work=self.equal_work,
            provenance=self._provenance,
            environment=self.environment,
            item=self.model.description.item,
        )

    def _take(self, request: Measure, stage: str) -> None:
        block: Block | None = self.ask(request, stage)
        if block is not None:
            self.taken = replace(self.taken, blocks=(*self.taken.blocks, block))
            self._keeper.piece(self.case, stage, block)

    @contextmanager
    def _survived(self) -> Iterator[None]:
        """What fails within ends this side."""
        try:
            yield
        except WorkerFailure as failure:
            self._failure = self._failure or failure

    def _note_utilisation(self) -> None:
        flop = self.case.batch_size * (self._flop_per_item or 0)
        step_seconds = statistics.median(self.taken.step_seconds)
        figures, missing = utilisation.utilisation(flop / step_seconds, self.case.precision, self.environment)
        if figures and self._flop_per_item is None:
            figures, missing = {}, {utilisation.NAME: "no framework of this session could count the model's arithmetic"}
        self.note(figures, missing)

    def _fail_if_throttled(self, ended: Ended) -> None:
        """Where most rounds show how hot the GPU was, their median is not the work's. The rounds stay in the record."""
        rounds = self.taken.rounds
        throttled = sum(round_.throttled for round_ in rounds)
        if throttled <= len(rounds) / 2:
            return
        shares = {name: share for name, share in ended.figures.items() if name in THROTTLING_FIGURES}
        told = ", ".join(f"{name.removesuffix('_share')} {share:.0%} of the time" for name, share in shares.items() if share)
        slowed = f"heat or a power brake slowed the GPU in {throttled} of {len(rounds)} rounds"
        self.fail(Outcome.THROTTLED, slowed + (f", after all retakes: {told}" if told else ""))

    def _report(self, progress: Progress) -> None:
        self._teller.tell(self.case, f"{progress.stage} {bar(progress.done, progress.total)}" if progress.total else progress.stage)


def bar(done: int, total: int) -> str:
    filled = BAR_WIDTH * done // total
    return f"{'█' * filled}{'░' * (BAR_WIDTH - filled)} {done}/{total}"
