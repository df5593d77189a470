"""Real workers of both frameworks with what a shell may have set, a worker's start for several questions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.phases.setups import setup_of
from harness.record.case import Execution, Precision, Workload
from harness.record.fairness import SURROUNDINGS, Source
from harness.record.outcome import Outcome
from harness.session.workers.worker import Worker, WorkerFailure
from harness.worker.protocol import Describe
from tests.findings.sides import case
from tests.frameworks.interpreters import ROOT, interpreter

SECONDS = 120.0
SHELL = {
    "OMP_PROC_BIND": "true",
    "OMP_PLACES": "cores",
    "GOMP_CPU_AFFINITY": "0",
    "OMP_NUM_THREADS": "1",
    "TORCHDYNAMO_DISABLE": "1",
    "TORCH_COMPILE_DISABLE": "1",
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "TF_XLA_FLAGS": "--no_such_flag",
    "XLA_FLAGS": "--no_such_flag",
}
KERAS = {"floatx": "float16", "epsilon": 0.1, "backend": "torch", "image_data_format": "channels_first"}


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    """Started where the shell has all of it, and the home a `keras.json`."""
    (tmp_path / "keras.json").write_text(json.dumps(KERAS))
    for name, value in (SHELL | {"KERAS_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    started: list[Worker] = []
    yield started
    for each in started:
        each.close()


def described(workers: list[Worker], framework: str, surroundings: frozenset[Source], more: str = "") -> dict[str, str]:
    spec = f"popen//python={interpreter(framework)}{more}"
    workers.append(Worker(framework, spec, surroundings, [str(ROOT)]))
    axes = {"workload": Workload.INFERENCE, "batch_size": 2, "precision": Precision.FP32, "execution": Execution.PLAIN}
    setup = setup_of(case(framework, "inference", **axes), Experiment(name="x"), model=find(DEFAULT), threads=2)
    found: dict[str, str] = workers[-1].call(Describe(setup), SECONDS, lambda _: None)
    return found


def failure(workers: list[Worker], framework: str, surroundings: frozenset[Source], more: str = "") -> str:
    with pytest.raises(WorkerFailure) as raised:
        described(workers, framework, surroundings, more)
    assert raised.value.outcome is Outcome.ERROR, "and not unsupported: it would be skipped"
    return raised.value.detail


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_neutral_worker_is_the_same_whatever_the_shell_has_set(workers: list[Worker], framework: str) -> None:
    """Each of these alone has ended it, pinned it, or changed its numbers."""
    found = described(workers, framework, SURROUNDINGS)
    assert found["cores"] == str(len(os.sched_getaffinity(0)))
    assert found["intra_op_threads"] == "2"
    assert found.get("dtype_policy", "float32") == "float32"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it takes two cores to lose one")
def test_pytorch_that_is_pinned_by_habit_is_an_error_that_names_the_variable(workers: list[Worker]) -> None:
    told = failure(workers, "pytorch", frozenset())
    assert f"the main thread may run on 1 of the {len(os.sched_getaffinity(0))} cores" in told
    assert "OMP_PROC_BIND=true" in told


def test_keras_without_what_its_backend_needs_is_a_broken_installation(workers: list[Worker]) -> None:
    """The framework itself is there: a case that were skipped would leave a comparison of one side green."""
    told = failure(workers, "tensorflow", SURROUNDINGS, "//env:KERAS_BACKEND=jax")
    assert "is broken: No module named 'jax'" in told
    assert "not installed in this worker" not in told
