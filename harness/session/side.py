"""One side of a comparison: a case on its way from its worker to its Measurement."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any, Protocol

from harness.frameworks.contract import Setup
from harness.record.case import Case, Style
from harness.record.check import Check, EqualWork
from harness.record.measurement import Epoch, Measurement, Provenance, SweepPoint
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session import job, utilisation
from harness.session.inputs import InputStore
from harness.session.largest_batch import Found
from harness.session.workers import Worker, WorkerFailure
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
    """Collects what the worker answers. A failure ends the side, not the comparison: see `attempt`."""

    def __init__(self, case: Case, inputs: InputStore, timeout_seconds: float, teller: Teller) -> None:
        self.case = case
        self.equal_work: EqualWork | None = None
        self._inputs = inputs
        self._timeout_seconds = timeout_seconds
        self._teller = teller
        self._failure: WorkerFailure | None = None
        self._environment: dict[str, str] = {}
        self._provenance: Provenance | None = None
        self._begun: Begun | None = None
        self._blocks: list[Block] = []
        self._ended: Ended | None = None
        self._figures: dict[str, float] = {}
        self._missing: dict[str, str] = {}
        self._sweep: list[SweepPoint] = []

    @property
    def alive(self) -> bool:
        return self._failure is None

    def attempt(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a step; None if it fails, or if an earlier one did."""
        if not self.alive:
            return None
        try:
            return step(*arguments)
        except WorkerFailure as failure:
            self._failure = failure
            return None

    def fail(self, outcome: Outcome, detail: str) -> None:
        self._failure = self._failure or WorkerFailure(outcome, detail)

    def open(self, worker: Worker) -> None:
        """Gives the side its worker, and the worker its inputs."""
        self._worker = worker
        experiment = self._inputs.experiment(self.case.phase)
        made = self._inputs.on(worker, experiment, self._report)
        self._provenance = self._inputs.provenance(experiment, made)
        has_equal_curves = self.case.phase == "fine_tuning" and self.case.style is Style.MATCHED
        self.setup = Setup(
            case=self.case,
            experiment=experiment,
            corpus=made.corpus_folder,
            weights=made.weights_file,
            threads=worker.hello.cores,
            dropout=0.0 if has_equal_curves else experiment.head.dropout,
            pretrained=self._inputs.pretrained,
        )
        self._environment = self.ask(Describe(self.setup), "opening the device")

    def begin(self) -> None:
        begun: Begun = self.ask(Begin(self.setup), "warming up")
        self._begun = begun
        for check in begun.checks:
            if not check.holds:
                self.fail(
                    Outcome.UNEQUAL_WORK,
                    f"the model that was loaded is not the one that was saved: {check.name} differ by {check.difference:.2g} {check.unit}, "
                    f"tolerance {check.tolerance:.2g}",
                )

    def take_block(self, number: int, seconds: float, max_rounds: int, retake_seconds: float) -> None:
        retaken_seconds = sum(block.retaken_seconds for block in self._blocks)
        request = Measure(number, seconds, max_rounds, retake_seconds - retaken_seconds)
        self._blocks.append(self.ask(request, f"measuring, block {number + 1}"))

    def take_epoch(self, number: int, epochs: int) -> None:
        self._blocks.append(self.ask(Measure(number, 0.0, 1, 0.0), f"epoch {bar(number, epochs)}"))
        self._teller.milestone(self.case, f"epoch {number + 1}/{epochs}: {job.told(self.epochs[-1])}")

    def with_checks(self, checks: tuple[Check, ...]) -> EqualWork:
        """Its receipt, with more on it."""
        assert self.equal_work is not None, "equal work is checked before a job"
        return EqualWork(self.equal_work.reference, (*self.equal_work.checks, *checks))

    def aim(self, target_accuracy: float) -> None:
        """Notes when the job reached its target. One that never did has failed, but in `stock`: its habits are what they are."""
        if not self.alive:
            return
        seconds = job.seconds_to(target_accuracy, self.epochs)
        if seconds is not None:
            self._figures["time_to_target_seconds"] = seconds
            return
        self._missing["time_to_target_seconds"] = job.shortfall(target_accuracy, self.epochs)
        if self.case.style is Style.MATCHED:
            self.fail(Outcome.TARGET_MISSED, self._missing["time_to_target_seconds"])

    def end(self) -> None:
        self._ended = self.ask(End(), "ending")
        self._fail_if_throttled()
        if self.alive and self.case.phase in utilisation.PHASES:
            step_seconds = statistics.median(self.step_seconds)
            figures, missing = utilisation.utilisation(self.case, step_seconds, self._environment, self.setup.experiment)
            self._figures |= figures
            self._missing |= missing

    def _fail_if_throttled(self) -> None:
        """Where most rounds show how hot the GPU was, their median is not the work's. The rounds stay in the record."""
        throttled = sum(round_.throttled for round_ in self.rounds)
        if self._ended is None or throttled <= len(self.rounds) / 2:
            return
        shares = {name: share for name, share in self._ended.figures.items() if name in THROTTLING_FIGURES}
        told = ", ".join(f"{name.removesuffix('_share')} {share:.0%} of the time" for name, share in shares.items() if share)
        rounds = f"{throttled} of {len(self.rounds)} rounds"
        self.fail(Outcome.THROTTLED, f"heat or a power brake slowed the GPU in {rounds}" + (f", after all retakes: {told}" if told else ""))

    @property
    def device(self) -> str:
        """The device's name; empty until it has been opened."""
        return self._environment.get("device", "")

    def adopt(self, trial: Side) -> None:
        """Takes over what was measured of the same case at another batch size."""
        self._begun, self._blocks, self._ended, self._environment = trial._begun, trial._blocks, trial._ended, trial._environment

    def add_trial(self, batch_size: int, trial: Measurement) -> None:
        speed = batch_size / trial.median_step_seconds if trial.outcome is Outcome.OK else None
        self._sweep.append(SweepPoint(batch_size, trial.outcome, speed, trial.readings))

    def note_largest_batch(self, found: Found) -> None:
        if found.largest is None:
            self.fail(Outcome.OUT_OF_MEMORY, f"not even a batch of {found.smallest_misfit} fits")
            return
        self._figures["largest_batch_size"] = float(found.largest)
        if found.smallest_misfit is None:
            self._missing["smallest_out_of_memory_batch_size"] = f"{found.largest} images fit: no larger batch was tried"
        else:
            self._figures["smallest_out_of_memory_batch_size"] = float(found.smallest_misfit)

    def ask(self, request: Request, stage: str) -> Any:
        """The worker's answer. Raises WorkerFailure."""
        self._teller.tell(self.case, stage)
        return self._worker.call(request, self._timeout_seconds, self._report)

    @property
    def place(self) -> str:
        """The device and the machine that the side runs on."""
        return " ".join(self._environment[key] for key in ("device", "device_name", "host") if key in self._environment)

    @property
    def blocks(self) -> int:
        return len(self._blocks)

    @property
    def rounds(self) -> tuple[Round, ...]:
        return tuple(round_ for block in self._blocks for round_ in block.rounds)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        return tuple(block.epoch for block in self._blocks if block.epoch is not None)

    @property
    def step_seconds(self) -> list[float]:
        return [round_.seconds / self._steps_per_round for round_ in self.rounds]

    @property
    def measured_seconds(self) -> float:
        """Spent in blocks, retakes included."""
        return sum(block.busy_seconds for block in self._blocks)

    @property
    def busy_seconds(self) -> float:
        """Spent measuring, or warming up what is measured. The rest of a session is overhead."""
        warm_up = self._begun.cold_start.warm_up_seconds if self._begun and self._begun.cold_start else 0.0
        return warm_up + self.measured_seconds + (self._ended.busy_seconds if self._ended else 0.0)

    def measurement(self) -> Measurement:
        return Measurement(
            case=self.case,
            outcome=self._failure.outcome if self._failure else Outcome.OK,
            detail=self._failure.detail if self._failure else "",
            steps_per_round=self._steps_per_round,
            rounds=self.rounds,
            references=self._references,
            retaken_rounds=sum(block.retaken_rounds for block in self._blocks),
            cold_start=self._begun.cold_start if self._begun else None,
            figures=self._figures | (self._ended.figures if self._ended else {}),
            missing=self._missing | (self._ended.missing if self._ended else {}),
            readings=self._ended.readings if self._ended else (),
            memory_curve=self._ended.memory_curve if self._ended else (),
            sweep=tuple(self._sweep),
            scaling=self._ended.scaling if self._ended else (),
            epochs=self.epochs,
            checks=self._begun.checks if self._begun else (),
            equal_work=self.equal_work,
            provenance=self._provenance,
            environment=self._environment,
        )

    @property
    def _references(self) -> dict[str, tuple[Round, ...]]:
        names = list(dict.fromkeys(name for block in self._blocks for name in block.references))
        return {name: tuple(each for block in self._blocks for each in block.references.get(name, ())) for name in names}

    @property
    def _steps_per_round(self) -> int:
        return self._begun.steps_per_round if self._begun else 1

    def _report(self, progress: Progress) -> None:
        self._teller.tell(self.case, f"{progress.stage} {bar(progress.done, progress.total)}" if progress.total else progress.stage)


def bar(done: int, total: int) -> str:
    filled = BAR_WIDTH * done // total
    return f"{'█' * filled}{'░' * (BAR_WIDTH - filled)} {done}/{total}"
