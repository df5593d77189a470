"""Real workers of both frameworks where a machine is not as usual: a deep TMPDIR, and no program on PATH, so no compiler."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.corpora import CLASSES, flowers
from fixtures.corpora.flowers import ImagesPerClass
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness import phases
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Execution, Precision, Style, Workload
from harness.record.fairness import SURROUNDINGS
from harness.record.outcome import Outcome
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.protocol import Begin, Describe, End
from tests.findings.sides import case
from tests.frameworks.conftest import interpreter
from tests.session.conftest import PROJECT

SECONDS = 240.0
DEPTH_CHARACTERS = 90
STRATEGIES = {"pytorch": ("workers", "process_tuned"), "tensorflow": ("numpy_batches",)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> str:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1)).root


@pytest.fixture(scope="module", params=STRATEGIES)
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir="/tmp") as place:
        deep = Path(place) / ("d" * DEPTH_CHARACTERS)
        deep.mkdir()
        patch.setenv("TMPDIR", str(deep))
        patch.setenv("PATH", str(tmp_path_factory.mktemp("no_programs")))
        patch.delenv("CXX", raising=False)
        worker = Worker(request.param, f"popen//python={interpreter(request.param)}", SURROUNDINGS, [str(PROJECT)])
        assert worker.hello.folder.startswith(str(deep))
        yield worker
        worker.close()
        assert list(deep.iterdir()) == []


def asked(worker: Worker, request: Describe | Begin | End) -> object:
    return worker.call(request, SECONDS, lambda _: None)


def compiled(framework: str) -> Setup:
    axes = {"workload": Workload.INFERENCE, "batch_size": 2, "precision": Precision.FP32, "execution": Execution.COMPILED}
    return setup_of(case(framework, "inference", **axes), Experiment(name="test"), model=find(DEFAULT), threads=2)


def loading(framework: str, corpus: str, strategy: str) -> Setup:
    of_strategy = case(framework, "data_pipeline", Style.STRATEGY, workload=Workload.LOADING, batch_size=4, strategy=strategy)
    experiment = Experiment(name="test", image_size=32, shuffle_buffer=40)
    return setup_of(of_strategy, experiment, model=find(DEFAULT), corpus=corpus, classes=CLASSES, threads=2)


def test_what_needs_a_compiler_is_unsupported_and_what_brings_its_own_is_not(worker: Worker) -> None:
    if worker.framework == "tensorflow":
        asked(worker, Describe(compiled("tensorflow")))
        return
    with pytest.raises(WorkerFailure) as raised:
        asked(worker, Describe(compiled("pytorch")))
    assert raised.value.outcome is Outcome.UNSUPPORTED
    assert raised.value.detail.startswith("torch.compile needs a C++ compiler (CXX)")


def test_processes_that_load_have_sockets(worker: Worker, corpus: str) -> None:
    """In the same worker: what it could not do has not ended it."""
    for strategy in STRATEGIES[worker.framework]:
        setup = loading(worker.framework, corpus, strategy)
        asked(worker, Describe(setup))
        asked(worker, Begin(setup, phases.bench("data_pipeline")))
        asked(worker, End())
