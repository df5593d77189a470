"""What a worker answers to a case that it cannot begin or measure: a typed outcome, and what is to be mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.phases.model_formats.model_file import DiskFullError
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.outcome import Outcome
from harness.worker.protocol import Begin, Begun, Failure
from harness.worker.serve import Server
from harness.worker.timing.fence import UnfencedError

SOUND = "tests.stand_in.sound"
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


def test_a_framework_that_is_not_installed_is_unsupported_whatever_the_bench() -> None:
    for bench in (TRAIN_STEP, "harness.phases.no_such_phase.bench"):
        told = failure(Server("tests.stand_in.not_installed", report=lambda _: None), bench)
        assert told.outcome is Outcome.UNSUPPORTED
        assert "not installed in this worker" in told.detail


def test_what_knows_its_outcome_has_it_whatever_was_raised_on_the_way(server: Server) -> None:
    errors = {UnfencedError("late"): Outcome.UNFENCED, DiskFullError("full"): Outcome.ERROR}
    for error, outcome in errors.items():
        error.__cause__ = MemoryError()
        assert server.failure(error) == Failure(outcome, str(error))
