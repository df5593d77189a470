"""What a worker answers to a case that it cannot begin or measure: a typed outcome, and what is to be mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.model_formats.model_file import DiskFullError
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.outcome import Outcome
from harness.worker.protocol import Begin, Begun, Failure, Measure, TraceOutputs
from harness.worker.serve import Server
from harness.worker.timing.fence import UnfencedError
from tests.stand_in.framework import StandIn, Steps

SOUND = "tests.stand_in.sound"
ABSENT = "tests.stand_in.not_installed"
TRAIN_STEP = "harness.phases.train_step.bench"
CASE = Case(framework="any", phase="train_step", workload=Workload.FULL, style=Style.MATCHED, batch_size=8)


@pytest.fixture
def server() -> Server:
    return Server(SOUND, report=lambda _: None)


def begin(bench: str) -> Begin:
    return Begin(setup_of(CASE, Experiment(name="x"), model=find(DEFAULT)), bench)


def failure(server: Server, bench: str) -> Failure:
    """As `serve` tells it."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  # whatever it is: the failure says which
        server.answer(begin(bench))
    assert isinstance(raised.value, Exception)
    return server.failure(raised.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No module named"),
        ("", "has no attribute 'Bench'"),
        ("def broken(:", "SyntaxError"),
        ("import not_installed_anywhere", "No module named 'not_installed_anywhere'"),
        ("raise MemoryError('while it is imported')", "while it is imported"),
        ("from harness.record.outcome import Unsupported\nraise Unsupported('by itself')", "by itself"),
    ],
)
def test_a_bench_that_cannot_be_imported_is_an_error_that_names_its_module(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, reason: str
) -> None:
    name = f"broken_{tmp_path.name}"
    monkeypatch.syspath_prepend(tmp_path)
    if content is not None:
        (tmp_path / f"{name}.py").write_text(content)
    told = failure(server, name)
    assert told.outcome is Outcome.ERROR
    assert name in told.detail
    assert reason in told.detail


def test_the_next_case_is_measured_all_the_same(server: Server) -> None:
    failure(server, "harness.phases.no_such_phase.bench")
    begun = server.answer(begin(TRAIN_STEP))
    server.release()
    assert isinstance(begun, Begun)
    assert begun.steps_per_round >= 1


INFERENCE = Case(
    framework="any", phase="inference", workload=Workload.INFERENCE, style=Style.MATCHED, batch_size=8, precision=Precision.FP32
)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """The networks that are built for inference."""
    cases: list[Case] = []
    build = StandIn.inference

    def noting(self: StandIn, setup: Setup) -> Steps:
        cases.append(setup.case)
        return build(self, setup)

    monkeypatch.setattr(StandIn, "inference", noting)
    return cases


def inference() -> Setup:
    return setup_of(INFERENCE, Experiment(name="x"), model=find(DEFAULT))


def checked(**changes: object) -> TraceOutputs:
    """What the check asks for of that computation, or of another one."""
    return TraceOutputs(replace(inference(), case=replace(INFERENCE, phase="equal_work", **changes)), 4)


def test_outputs_are_asked_of_the_work_that_is_timed(server: Server, built: list[Case]) -> None:
    """It goes on as it was."""
    server.answer(Begin(inference(), "harness.phases.inference.bench"))
    found = server.answer(checked())
    assert built == [INFERENCE]
    block = server.answer(Measure(0, 0.01, 3, 0.0))
    assert block.rounds
    assert built == [INFERENCE]
    server.release()
    assert server.answer(checked()) == found, "and of another one where none has begun"
    assert [each.batch_size for each in built] == [8, 4]


@pytest.mark.parametrize("change", [{"precision": Precision.BF16}, {"batch_size": 16}, {"execution": Execution.COMPILED}])
def test_work_of_another_computation_is_not_asked(server: Server, built: list[Case], change: dict[str, object]) -> None:
    server.answer(Begin(inference(), "harness.phases.inference.bench"))
    server.answer(checked(**change))
    assert len(built) == 2


def test_a_train_step_that_has_begun_has_no_outputs_to_ask(server: Server, built: list[Case]) -> None:
    server.answer(begin(TRAIN_STEP))
    server.answer(checked())
    assert [each.batch_size for each in built] == [4]


def test_a_framework_that_is_not_installed_is_unsupported_whatever_the_bench() -> None:
    for bench in (TRAIN_STEP, "harness.phases.no_such_phase.bench"):
        told = failure(Server(ABSENT, report=lambda _: None, package=ABSENT), bench)
        assert told.outcome is Outcome.UNSUPPORTED
        assert "not installed in this worker" in told.detail


def test_what_knows_its_outcome_has_it_whatever_was_raised_on_the_way(server: Server) -> None:
    errors = {UnfencedError("late"): Outcome.UNFENCED, DiskFullError("full"): Outcome.ERROR}
    for error, outcome in errors.items():
        error.__cause__ = MemoryError()
        assert server.failure(error) == Failure(outcome, str(error))
