"""What is kept of a computation to compare it by, and the computation that nothing can be compared by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models.description import ModelError
from fixtures.models.weights import Weights
from harness.frameworks.contract import Outputs, Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.worker import rounding, traces
from harness.worker.protocol import TraceRounding
from tests.stand_in.framework import ROUNDING, StandIn, Steps
from tests.stand_in.model import write_model

STEPS = 3


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    values = {"phase": "train_step", "workload": Workload.FULL, "style": Style.MATCHED, "precision": Precision.FP32}
    case = Case(framework="any", model="reader", batch_size=4, **values)  # type: ignore[arg-type]
    (tmp_path / "kept").mkdir()
    weights = str(tmp_path / "kept" / "kept.safetensors")
    return setup_of(case, Experiment(name="x"), model=write_model(tmp_path / "reader"), weights=weights)


def test_the_updates_are_what_the_steps_added_to_what_they_train(setup: Setup) -> None:
    traced = traces.training(StandIn(), setup, STEPS)  # type: ignore[arg-type]
    assert list(traced.updates) == ["fc.weight"]
    assert traced.updates["fc.weight"].to_numpy().tolist() == [STEPS] * 6
    assert len(traced.losses) == STEPS


@pytest.mark.parametrize(("size", "kept"), [(10, 10), (1024, 1024), (1025, 342), (10_000, 910)])
def test_of_a_large_tensor_a_sample_at_equal_distances_is_kept(size: int, kept: int) -> None:
    values = np.arange(size, dtype=np.float32)
    found = traces.sampled({"a": values}, ["a"])["a"]
    assert len(found) == kept <= traces.SAMPLE
    assert len(set(np.diff(found))) == 1
    values[:] = 0
    assert found.any(), "a framework changes its own memory in the next step"


def test_a_sample_sees_every_column() -> None:
    values = np.tile(np.arange(1024, dtype=np.float32), (1024, 1))
    assert len(set(traces.sampled({"a": values}, ["a"])["a"].tolist())) > traces.SAMPLE / 2


def test_a_transposed_tensor_is_sampled_in_the_canonical_order() -> None:
    turned: Weights = {"a": np.arange(6, dtype=np.float32).reshape(2, 3).T}
    assert traces.sampled(turned, ["a"])["a"].tolist() == [0, 3, 1, 4, 2, 5]


class Overflowing(Steps):
    def outputs(self, items: int | None = None) -> Outputs:
        return {"outputs": np.array([[1.0, np.inf]], np.float32)}

    def read_back(self) -> float:
        return float("nan") if self._steps == 2 else 1.0


class Exploding(Steps):
    def gradient_norms(self) -> tuple[float, ...]:
        return (1.0, float("inf"))


class Broken(StandIn):
    def inference(self, setup: Setup) -> Steps:
        return self._steps(setup, 0.0)


@pytest.mark.parametrize(
    ("steps", "workload", "told"),
    [
        (Overflowing, Workload.INFERENCE, "the network's outputs hold NaN or infinity in fp32"),
        (Overflowing, Workload.FULL, "the loss of step 2 is nan in fp32"),
        (Exploding, Workload.FULL, "the norm of the gradients is inf in fp32"),
    ],
)
def test_what_is_not_finite_is_told_with_the_mend(setup: Setup, steps: type[Steps], workload: Workload, told: str) -> None:
    framework: Any = Broken(steps)
    trace = {
        Workload.INFERENCE: lambda: traces.outputs(framework, setup),
        Workload.FULL: lambda: traces.training(framework, setup, STEPS),
    }[workload]
    with pytest.raises(ModelError, match=f"{setup.model.root}: {told}, so nothing can be compared: look for"):
        trace()


class Counted(StandIn):
    def __init__(self) -> None:
        super().__init__()
        self.precisions: list[object] = []

    def train_step(self, setup: Setup) -> Steps:
        self.precisions.append(setup.case.precision)
        return super().train_step(setup)


def test_the_rounding_is_that_of_the_better_precision_and_is_kept(setup: Setup) -> None:
    framework = Counted()
    found = rounding.of(framework, TraceRounding(setup, STEPS), {})  # type: ignore[arg-type]
    assert framework.precisions == ["fp32", "fp64"]
    assert (found.gradient_norm, found.losses) == (pytest.approx(ROUNDING), pytest.approx(ROUNDING))
    assert rounding.of(framework, TraceRounding(setup, STEPS), {}) == found  # type: ignore[arg-type]
    assert len(framework.precisions) == 2, "the second time it is read"
    rounding.of(framework, TraceRounding(setup, STEPS + 1), {})  # type: ignore[arg-type]
    assert len(framework.precisions) == 4


def test_what_the_check_has_traced_already_is_not_computed_again(setup: Setup) -> None:
    framework = Counted()
    plain = replace(setup, case=replace(setup.case, execution=Execution.PLAIN))
    traced = traces.training(framework, plain, STEPS)  # type: ignore[arg-type]
    found = rounding.of(framework, TraceRounding(setup, STEPS), {(plain, STEPS): traced, (plain, STEPS + 1): traced})  # type: ignore[arg-type]
    assert framework.precisions == ["fp32", "fp64"], "the first is the check's own"
    assert found.losses == pytest.approx(ROUNDING)


class Narrow(StandIn):
    """Cannot compute in float64."""

    tries = 0

    def open_device(self, setup: Setup) -> str:
        if setup.case.precision is Precision.FP64:
            self.tries += 1
            raise self.error
        return "cpu"

    error: Exception = TypeError("expected float32\nand more")


@pytest.mark.parametrize(("of_the_network", "tries"), [(True, 1), (False, 2)])
def test_what_the_better_run_raises_is_said_and_kept_where_it_is_the_networks_doing(
    setup: Setup, of_the_network: bool, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything else may be over another time."""
    monkeypatch.setattr(rounding.code, "place_in", lambda *_: "pytorch.py, line 3" if of_the_network else None)
    framework = Narrow()
    for _ in range(2):
        found = rounding.of(framework, TraceRounding(setup, STEPS), {})  # type: ignore[arg-type]
        assert found.why == "fp64: TypeError: expected float32"
        assert found.losses == 0.0
    assert framework.tries == tries


def test_a_want_of_memory_may_be_over_another_time(setup: Setup) -> None:
    framework = Narrow()
    framework.error = MemoryError("no room")
    for _ in range(2):
        assert rounding.of(framework, TraceRounding(setup, STEPS), {}).why == "fp64: MemoryError: no room"  # type: ignore[arg-type]
    assert framework.tries == 2
