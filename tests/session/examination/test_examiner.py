"""What an examination asks of whom, and what it makes of the answers and of what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from fixtures.models import folder
from harness.frameworks import FRAMEWORKS
from harness.frameworks.tape import Tape, Trained, Walked
from harness.record.case import Case, Precision, Workload
from harness.record.outcome import Outcome
from harness.record.parting import Known, Part, Parting, Point, Reason
from harness.session.examination.examiner import MOST_AGAIN, Examiner
from harness.session.journal.keeper import NoJournal
from harness.session.workers.worker import WorkerFailure
from harness.worker.protocol import CompareLayers, LookUp, TakeTape, TakeTraining, WalkInference, WalkTraining

MODEL = folder.find("mlp")
TAPE = Tape("tensorflow", (), (), {})
FAULT = Parting(Part.INFERENCE, "hidden", "linear()", "dense", "", 0.0, 1.0, (Reason("bias", "one has a bias"),))

Answer = Callable[[Case, Any], Any]


class FakeSide:
    def __init__(self, case: Case, answer: Answer, asked: list[tuple[Case, Any]]) -> None:
        self.case = case
        self.setup = FRAMEWORKS  # it is handed on, and never looked into
        self.environment = {"framework": case.framework}
        self.failure: WorkerFailure | None = None
        self._answer = answer
        self._asked = asked

    def ask(self, request: Any, stage: str) -> Any:
        self._asked.append((self.case, request))
        try:
            return self._answer(self.case, request)
        except WorkerFailure as failure:
            self.failure = failure


class FakeOpening:
    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[Case, Any]] = []
        self._answer = answer

    def side(self, case: Case) -> Any:
        return FakeSide(case, self._answer, self.asked)

    def prepare(self, sides: Sequence[Any]) -> None: ...

    def open(self, sides: Iterable[Any]) -> None: ...

    def of(self, kind: type) -> list[Any]:
        return [request for _, request in self.asked if isinstance(request, kind)]


def answered(case: Case, request: Any) -> Any:
    match request:
        case TakeTape():
            return TAPE
        case TakeTraining():
            return Trained(TAPE, {}, {}, {}, {}, ())
        case WalkInference():
            return Walked((FAULT,), (Point("input", "linear", 1e-16),), 2)
        case WalkTraining():
            return {Part.TRAINING: Walked((), (Point("input", "linear", 1e-15),), 2), Part.STEP: Walked((), (), 2)}
        case CompareLayers():
            return (Point("input", "linear", 1e-3),)
        case LookUp(_, entries, other):
            return {each: Known("title", "symptom", {other: "mend"}) for each in entries}


def examined(answer: Answer = answered, steps: int = 20) -> tuple[Any, FakeOpening]:
    opening = FakeOpening(answer)
    return Examiner(opening, list(FRAMEWORKS), steps, NoJournal()).examine(MODEL), opening


def test_all_parts_and_precisions_are_told_with_what_is_known_of_the_reasons() -> None:
    found, _ = examined()
    assert [(line.part, line.precision) for line in found.lines] == [
        (Part.INFERENCE, Precision.FP64),
        (Part.TRAINING, Precision.FP64),
        (Part.STEP, Precision.FP64),
        (Part.INFERENCE, Precision.FP32),
        (Part.INFERENCE, Precision.BF16),
    ]
    assert found.partings == (FAULT,)
    assert found.known == {"bias": Known("title", "symptom", {"tensorflow": "mend"})}
    assert (found.layers, found.notes, found.failure, found.agrees) == (2, (), "", False)
    assert found.environments == {each: {"framework": each} for each in FRAMEWORKS}


def test_a_walk_that_wants_values_is_walked_again_with_all_that_it_wanted() -> None:
    given: list[tuple[int, ...]] = []

    def answer(case: Case, request: Any) -> Any:
        if isinstance(request, TakeTape) and case.precision is Precision.FP64:
            given.append(request.wanted)
        if isinstance(request, WalkInference) and len(given) < 3:
            return Walked((), (), 2, wanted=(len(given),))
        return answered(case, request)

    examined(answer)
    assert given == [(), (1,), (1, 2)]


def test_a_walk_that_always_wants_more_comes_to_an_end() -> None:
    def answer(case: Case, request: Any) -> Any:
        if isinstance(request, WalkInference):
            return Walked((), (), 2, wanted=(len(opening.asked),))
        return answered(case, request)

    opening = FakeOpening(answer)
    Examiner(opening, list(FRAMEWORKS), 0, NoJournal()).examine(MODEL)
    assert len(opening.of(WalkInference)) == MOST_AGAIN + 1


def test_without_steps_there_is_inference_alone() -> None:
    found, opening = examined(steps=0)
    assert [(line.part, line.precision) for line in found.lines] == [(Part.INFERENCE, Precision.FP64)]
    assert not opening.of(TakeTraining)


def test_what_cannot_be_computed_in_float64_is_computed_in_float32_and_says_so() -> None:
    def answer(case: Case, request: Any) -> Any:
        if case.precision is Precision.FP64:
            raise WorkerFailure(Outcome.ERROR, "expected scalar type Double")
        return answered(case, request)

    found, _ = examined(answer)
    assert found.lines[0].precision == Precision.FP32
    assert "float32 and not float64, in which the network cannot be computed: " in found.notes[-1]
    assert "expected scalar type Double" in found.notes[-1]


@pytest.mark.parametrize("refused", list(FRAMEWORKS))
def test_what_cannot_be_computed_at_all_is_told(refused: str) -> None:
    def answer(case: Case, request: Any) -> Any:
        if case.framework == refused:
            raise WorkerFailure(Outcome.ERROR, "no such layer")
        return answered(case, request)

    found, _ = examined(answer)
    assert "no such layer" in found.failure
    assert FRAMEWORKS[refused].title in found.failure
    assert not found.agrees


def test_training_that_fails_costs_training_alone() -> None:
    def answer(case: Case, request: Any) -> Any:
        if case.workload is Workload.FULL:
            raise WorkerFailure(Outcome.ERROR, "no gradient")
        return answered(case, request)

    found, _ = examined(answer)
    assert found.failure == ""
    assert any("no gradient" in note for note in found.notes)
    assert {line.part for line in found.lines} == {Part.INFERENCE}


def test_a_model_is_examined_once() -> None:
    opening = FakeOpening(answered)
    examiner = Examiner(opening, list(FRAMEWORKS), 0, NoJournal())
    assert examiner.examine(MODEL) is examiner.examine(MODEL)
    assert len(opening.of(WalkInference)) == 1


def test_one_framework_alone_cannot_be_examined() -> None:
    assert not Examiner(FakeOpening(answered), list(FRAMEWORKS)[:1], 0, NoJournal()).can
    assert Examiner(FakeOpening(answered), list(FRAMEWORKS), 0, NoJournal()).can
