"""Each phase has a bench, and it is what a worker asks of one."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import msgspec
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness import phases
from harness.frameworks.contract import Setup
from harness.phases import PHASES
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.worker.bench import Bench
from harness.worker.meters.gpu import NO_GPU
from harness.worker.protocol import Measure
from tests.stand_in.framework import Loading, StandIn, Steps
from tests.stand_in.model import write_model

TURN = Measure(block=0, seconds=0.0, max_rounds=1, retake_seconds=0.0)
ASKED = ("begin", "measure", "end", "close")


def setup(phase: str) -> Setup:
    case = Case(framework="any", phase=phase, workload=PHASES[phase].workload or Workload.FULL, style=Style.MATCHED, batch_size=8)
    return setup_of(case, Experiment(name="x"), model=find(DEFAULT))


def bench_of(phase: str) -> type[Bench]:
    found: type[Bench] = importlib.import_module(phases.bench(phase)).Bench
    return found


@pytest.fixture(params=PHASES)
def phase(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(phase: str) -> type[Bench]:
    return bench_of(phase)


def test_it_offers_what_a_worker_asks(bench: type[Bench]) -> None:
    assert not inspect.isabstract(bench)
    for name in ("__init__", *ASKED):
        asked, offered = (list(inspect.signature(getattr(each, name)).parameters) for each in (Bench, bench))
        assert offered == asked, name


def test_nothing_is_built_before_it_begins_and_it_may_be_closed_at_any_time(bench: type[Bench], phase: str) -> None:
    class Unused(StandIn):
        def open_device(self, setup: object) -> str:
            raise AssertionError("nothing has begun")

        pipeline = train_step = inference = fine_tuning = model_format = open_device  # type: ignore[assignment]

    made = bench(Unused(), setup(phase))  # type: ignore[arg-type]
    made.close()
    made.close()


class Noted(StandIn):
    """Notes what is built of it."""

    def __init__(self) -> None:
        super().__init__()
        self.built: list[str] = []

    def pipeline(self, setup: Setup) -> Loading:
        self.built.append("pipeline")
        return super().pipeline(setup)

    def train_step(self, setup: Setup) -> Steps:
        self.built.append("train step")
        return super().train_step(setup)

    def inference(self, setup: Setup) -> Steps:
        self.built.append("inference")
        return super().inference(setup)


@pytest.mark.parametrize(
    ("phase", "built"),
    [
        ("train_step", ["train step"]),
        ("inference", ["inference"]),
        ("memory", ["pipeline", "train step"]),
        ("largest_batch", ["train step"]),
    ],
)
def test_a_phase_has_its_own_work_and_a_pipeline_where_it_is_fed(phase: str, built: list[str]) -> None:
    framework = Noted()
    bench = bench_of(phase)(framework, setup(phase))  # type: ignore[arg-type]
    bench.begin()
    assert bench.measure(TURN).rounds
    bench.close()
    assert framework.built == built


def test_energy_is_told_by_the_models_own_word(tmp_path: Path) -> None:
    asked = msgspec.structs.replace(setup("train_step"), model=write_model(tmp_path / "reader"))
    bench = bench_of("train_step")(StandIn(), asked)  # type: ignore[arg-type]
    bench.begin()
    assert bench.end().missing == {"autotune_seconds": NO_GPU, "joules_per_sentence": NO_GPU}


def test_a_model_without_a_corpus_is_not_fed(tmp_path: Path) -> None:
    framework, case = Noted(), setup("memory").case
    bench = bench_of("memory")(framework, setup_of(case, Experiment(name="x"), model=write_model(tmp_path / "reader")))  # type: ignore[arg-type]
    bench.begin()
    assert bench.measure(TURN).rounds
    bench.close()
    assert framework.built == ["train step"]
