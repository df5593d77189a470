"""Examines a model: what its two networks compute, side by side, by workers of both frameworks; nothing is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from fixtures.models.folder import Folder
from harness.frameworks import FRAMEWORKS
from harness.frameworks.tape import Tape, Trained, Walked
from harness.phases import PHASES
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.parting import Examination, Line, Part, Parting
from harness.session.journal.keeper import Keeper
from harness.session.side import Side
from harness.worker.protocol import CompareLayers, LookUp, TakeTape, TakeTraining, WalkInference, WalkTraining

ITEMS = 2  # of the batch: what parts, parts for each
LOWER = (Precision.FP32, Precision.BF16)  # whose rounding is drawn beside
MOST_AGAIN = 24  # walks of one part: each place without a reason needs one more, with the other framework's values there


class Opening(Protocol):
    """What of a `Workbench` is needed."""

    def side(self, case: Case) -> Side: ...

    def prepare(self, sides: Sequence[Side]) -> None: ...

    def open(self, sides: Iterable[Side]) -> None: ...


class Stopped(Exception):
    """A side has failed: the message says how."""


class Examiner:
    """Each model once a session."""

    def __init__(self, opening: Opening, frameworks: Sequence[str], steps: int, keeper: Keeper) -> None:
        """frameworks: which of them can be examined says their listing. steps: of training; 0 leaves it and the lower precisions out."""
        self._opening = opening
        self._steps = steps
        originals = [each for each in frameworks if FRAMEWORKS[each].walk]
        others = [each for each in frameworks if FRAMEWORKS[each].taped]
        self._pair = (originals[0], others[0]) if originals and others else None
        self._keeper = keeper
        self.examinations: dict[str, Examination] = {}  # by the name of the model

    @property
    def can(self) -> bool:
        """Whether there are two frameworks of which one can be walked through beside the other."""
        return self._pair is not None

    def examine(self, model: Folder) -> Examination:
        """Raises WorkerStartError for a worker that never could be started."""
        if model.name not in self.examinations:
            self.examinations[model.name] = self._keeper.examinations.get(model.name) or self._new(model)
        return self.examinations[model.name]

    def _new(self, model: Folder) -> Examination:
        found = self._examined(model)
        self._keeper.examined(found)
        return found

    def _examined(self, model: Folder) -> Examination:
        assert self._pair is not None, "asked before: can"
        begun = time.perf_counter()
        try:
            found = _Examining(self._opening, self._pair, model, Precision.FP64, self._steps).all()
        except Stopped as exactly:
            try:  # in the digits that every network can be computed in
                found = _Examining(self._opening, self._pair, model, Precision.FP32, self._steps).all()
            except Stopped as stopped:
                found = Examination(model.name, model.description.title, self._pair, (), (), failure=str(stopped))
            else:
                told = f"float32 and not float64, in which the network cannot be computed: {exactly}"
                found = replace(found, notes=(*found.notes, told))
        return replace(found, seconds=found.seconds | {"all": time.perf_counter() - begun})


class _Examining:
    """Of one model in one precision."""

    def __init__(self, opening: Opening, frameworks: tuple[str, str], model: Folder, precision: Precision, steps: int) -> None:
        self._opening = opening
        self._frameworks = frameworks
        self._steps = steps
        self._model = model
        self._precision = precision
        self._seconds: dict[str, float] = {}
        self._partings: list[Parting] = []
        self._lines: list[Line] = []
        self._notes: list[str] = []
        self._weak: list[str] = []
        self._environments: dict[str, dict[str, str]] = {}
        original, other = frameworks
        self._walk, self._taped = FRAMEWORKS[original].walk, FRAMEWORKS[other].taped

    def all(self) -> Examination:
        """Raises Stopped."""
        layers: int = self._timed("inference", self._inference)
        if self._steps and not self._notes:  # a forward pass that could not be gone through to its end has no gradients to compare
            try:
                self._timed("training", self._training)
            except Stopped as stopped:
                self._notes.append(f"training was not gone through: {stopped}")
        if self._steps:
            self._timed("lower precisions", self._lower)
        known = self._known()
        return Examination(
            model=self._model.name,
            title=self._model.description.title,
            frameworks=self._frameworks,
            partings=tuple(self._partings),
            lines=tuple(self._lines),
            known=known,
            environments=self._environments,
            layers=layers,
            notes=tuple(dict.fromkeys(self._notes)),
            weak=tuple(self._weak),
            seconds=self._seconds,
        )

    def _inference(self) -> int:
        original, other = self._sides(Workload.INFERENCE, self._precision)

        def walked(wanted: tuple[int, ...]) -> Walked:
            tape: Tape = self._asked(other, TakeTape(other.setup, self._taped, wanted), "putting the network on tape")
            found: Walked = self._asked(original, WalkInference(original.setup, self._walk, tape), "walking through the network")
            return found

        found: Walked = _again(walked, lambda each: each.wanted)
        self._take(Part.INFERENCE, found)
        return found.layers

    def _training(self) -> None:
        original, other = self._sides(Workload.FULL, self._precision)

        def walked(wanted: tuple[int, ...]) -> dict[Part, Walked]:
            request = TakeTraining(other.setup, self._taped, self._steps, wanted)
            trained: Trained = self._asked(other, request, f"putting {self._steps} steps on tape")
            walk = WalkTraining(original.setup, self._walk, trained)
            found: dict[Part, Walked] = self._asked(original, walk, f"walking through {self._steps} steps")
            return found

        for part, each in _again(walked, lambda found: found[Part.TRAINING].wanted).items():
            self._take(part, each)

    def _lower(self) -> None:
        """Lines alone. A device that cannot do a precision has none of it."""
        for precision in (each for each in LOWER if each is not self._precision):
            try:
                original, other = self._sides(Workload.INFERENCE, precision)
                tape = self._asked(other, TakeTape(other.setup, self._taped), f"putting the network on tape in {precision}")
                points = self._asked(original, CompareLayers(original.setup, self._walk, tape), f"comparing layers in {precision}")
            except Stopped as stopped:
                self._notes.append(f"{precision} is not drawn: {stopped}")
            else:
                self._lines.append(Line(Part.INFERENCE, precision, points))

    def _take(self, part: Part, walked: Walked) -> None:
        self._partings += walked.partings
        if walked.layers or walked.points:
            self._lines.append(Line(part, self._precision, walked.points))
        self._notes += walked.notes
        self._weak += [walked.weak] if walked.weak else []

    def _known(self) -> Any:
        entries = tuple(sorted({reason.entry for each in self._partings for reason in each.reasons}))
        if not entries:
            return {}
        original, _ = self._sides(Workload.INFERENCE, self._precision)
        return self._asked(original, LookUp(self._walk, entries, self._frameworks[1]), "looking up what is known")

    def _sides(self, workload: Workload, precision: Precision) -> tuple[Side, Side]:
        sides = [self._opening.side(self._case(framework, workload, precision)) for framework in self._frameworks]
        self._opening.prepare(sides)
        self._opening.open(sides)
        for side in sides:
            _expect(side)
            self._environments[side.case.framework] = side.environment
        return sides[0], sides[1]

    def _case(self, framework: str, workload: Workload, precision: Precision) -> Case:
        return Case(
            framework=framework,
            phase=_phase(workload),
            workload=workload,
            style=Style.MATCHED,
            batch_size=ITEMS,
            execution=Execution.PLAIN,
            precision=precision,
            model=self._model.name,
        )

    def _asked(self, side: Side, request: Any, stage: str) -> Any:
        answer = side.ask(request, stage)
        _expect(side)
        return answer

    def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        try:
            return work()
        finally:
            self._seconds[name] = time.perf_counter() - begun


def _again(walk: Callable[[tuple[int, ...]], Any], wanted: Callable[[Any], tuple[int, ...]]) -> Any:
    """The walk, until it wants no more of the other framework's values."""
    given: tuple[int, ...] = ()
    found = walk(given)
    while wanted(found) and not set(wanted(found)) <= set(given) and len(given) < MOST_AGAIN:
        given = (*given, *wanted(found))
        found = walk(given)
    return found


def _expect(side: Side) -> None:
    if side.failure is not None:
        raise Stopped(f"{FRAMEWORKS[side.case.framework].title}: {side.failure.outcome}: {side.failure.detail}")


def _phase(workload: Workload) -> str:
    """One that does nothing but the arithmetic of that."""
    own = workload if workload is Workload.INFERENCE else None
    return next(name for name, phase in PHASES.items() if phase.arithmetic and phase.workload is own)
