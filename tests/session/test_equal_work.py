"""What is asked of the frameworks for the check of equal work, and what passes it."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import Check
from harness.record.exchange import ACCUMULATED
from harness.session.applicable import why_not
from harness.session.equal_work import (
    BATCH_SIZE,
    FULL_STEPS,
    HEAD_STEPS,
    Trace,
    asks_timed_work,
    requests,
    requests_alone,
    rounding_request,
)
from harness.session.equal_work import compare as compare_within
from harness.session.tolerances import OF_ANY
from harness.worker.protocol import TraceOutputs, TracePixels, TraceTraining
from harness.worker.trace import Array, OutputTrace, PixelTrace, TrainingTrace
from harness.worker.traces import is_alike
from tests.stand_in.model import write_model

SEED = 20261124
MODEL = find(DEFAULT).description


def compare(case: Case, reference: list[Trace], other: list[Trace]) -> tuple[Check, ...]:
    """Within what is allowed of any network."""
    return compare_within(case, MODEL, reference, other, OF_ANY[case.precision or Precision.FP32])


def setup(phase: str, of: Workload, batch_size: int = 32, **changes: object) -> Setup:
    case = Case(
        framework="pytorch",
        phase=phase,
        workload=of,
        style=Style.MATCHED,
        batch_size=batch_size,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
    )
    return setup_of(
        msgspec.structs.replace(case, **changes), Experiment(name="x"), model=find(DEFAULT), corpus="corpus", weights="weights", threads=2
    )


def by_name(checks: tuple[Check, ...]) -> dict[str, bool]:
    return {check.name: check.holds for check in checks}


@pytest.mark.parametrize(
    ("workload", "kinds"),
    [
        (Workload.LOADING, [TracePixels]),
        (Workload.INFERENCE, [TracePixels, TraceOutputs]),
        (Workload.FROZEN, [TracePixels, TraceTraining]),
        (Workload.FULL, [TracePixels, TraceTraining]),
    ],
)
def test_what_is_measured_is_what_is_checked(workload: Workload, kinds: list[type]) -> None:
    wanted = requests(setup("memory", workload))
    assert [type(each) for each in wanted] == kinds
    for each in wanted:
        assert not each.setup.drops_out  # type: ignore[attr-defined]
        if isinstance(each, TraceOutputs):
            assert each.setup.case.batch_size == 32, "the very work that is timed"
            assert each.items == BATCH_SIZE
        else:
            assert each.setup.case.batch_size == BATCH_SIZE  # type: ignore[attr-defined]


def test_the_steps_of_the_loss_curve() -> None:
    assert [requests(setup("train_step", workload))[1].steps for workload in (Workload.FROZEN, Workload.FULL)] == [  # type: ignore[attr-defined]
        HEAD_STEPS,
        FULL_STEPS,
    ]
    assert HEAD_STEPS == 20


def outputs(**values: np.ndarray) -> OutputTrace:
    return OutputTrace({name: Array.of(each) for name, each in values.items()})


def test_one_check_serves_every_case_of_the_same_computation() -> None:
    assert requests(setup("train_step", Workload.FROZEN)) == requests(setup("memory", Workload.FROZEN))
    assert requests(setup("inference", Workload.INFERENCE, 64)) == requests(setup("memory", Workload.INFERENCE, 64))
    for change in ({"execution": Execution.COMPILED}, {"precision": Precision.BF16}, {"workload": Workload.FULL}):
        assert requests(setup("train_step", Workload.FROZEN))[1] != requests(setup("train_step", Workload.FROZEN, **change))[1]
        assert requests(setup("train_step", Workload.FROZEN))[0] == requests(setup("train_step", Workload.FROZEN, **change))[0]


@pytest.mark.parametrize("batch_size", [1, BATCH_SIZE - 1, BATCH_SIZE, 64])
def test_so_many_outputs_are_compared_whatever_the_batch(batch_size: int) -> None:
    """One that is too small for that has the check build another."""
    asked = setup("inference", Workload.INFERENCE, batch_size)
    _, outputs = requests(asked)
    assert isinstance(outputs, TraceOutputs)
    assert outputs.items == BATCH_SIZE <= outputs.setup.case.batch_size
    is_timed = batch_size >= BATCH_SIZE
    assert asks_timed_work(asked.case) is is_timed is is_alike(asked, outputs.setup)


def test_a_train_step_that_is_timed_is_not_asked() -> None:
    """Its steps change what it computes."""
    assert not any(asks_timed_work(setup("train_step", workload).case) for workload in (Workload.FROZEN, Workload.FULL))


def test_a_model_without_a_corpus_has_no_pixels(tmp_path: Path) -> None:
    asked = msgspec.structs.replace(setup("inference", Workload.INFERENCE), model=write_model(tmp_path / "reader"))
    assert [type(each) for each in requests(asked)] == [TraceOutputs]


def test_the_rounding_of_all_executions_and_phases_is_one() -> None:
    asked = rounding_request(setup("train_step", Workload.FULL))
    assert asked is not None
    assert asked.steps == FULL_STEPS
    assert asked == rounding_request(setup("memory", Workload.FULL, execution=Execution.COMPILED))
    assert asked != rounding_request(setup("memory", Workload.FULL, precision=Precision.BF16))
    assert rounding_request(setup("data_pipeline", Workload.LOADING)) is None


def logits(shift: float) -> OutputTrace:
    values = np.random.default_rng(SEED).normal(0.0, 2.0, (8, 102)).astype(np.float32)
    values[3, 4] += shift
    return outputs(outputs=values)


@pytest.mark.parametrize("precision", OF_ANY)
def test_logits_differ_up_to_the_tolerance_of_the_precision(precision: Precision) -> None:
    case = setup("inference", Workload.INFERENCE, precision=precision).case
    tolerance = OF_ANY[precision].outputs
    assert by_name(compare(case, [logits(0.0)], [logits(2.0 * tolerance * 0.8)])) == {"logits": True}
    assert by_name(compare(case, [logits(0.0)], [logits(2.0 * tolerance * 1.2)])) == {"logits": False}


def test_nan_and_another_shape_do_not_pass() -> None:
    case = setup("inference", Workload.INFERENCE).case
    assert by_name(compare(case, [logits(0.0)], [logits(float("nan"))])) == {"logits": False}
    assert by_name(compare(case, [logits(0.0)], [outputs(outputs=np.zeros((4, 102)))])) == {"logits": False}


def pixels(shift: float = 0.0, taken: tuple[int, ...] = (0, 1), labels: dict[str, int] | None = None) -> PixelTrace:
    return PixelTrace(Array.of(np.full((2, 4, 4, 3), 0.5 + shift)), taken, labels or {"a.jpg": 0, "b.jpg": 1})


@pytest.mark.parametrize(
    ("ours", "broken"),
    [
        (pixels(), set()),
        (pixels(shift=1 / 255 / 0.229), {"pixels"}),  # one grey level, as the fast DCT differs
        (pixels(taken=(1, 0)), {"order"}),
        (pixels(labels={"a.jpg": 1, "b.jpg": 0}), {"labels"}),
        (pixels(labels={"a.jpg": 0}), {"labels"}),
        (pixels(labels={"a.jpg": 0, "b.jpg": 1, "c.jpg": 2}), {"labels"}),
    ],
)
def test_pixels_order_and_labels(ours: PixelTrace, broken: set[str]) -> None:
    checks = by_name(compare(setup("data_pipeline", Workload.LOADING).case, [pixels()], [ours]))
    assert set(checks) == {"pixels", "order", "labels"}
    assert {name for name, holds in checks.items() if not holds} == broken


def test_each_output_is_checked_by_its_name() -> None:
    case = setup("inference", Workload.INFERENCE).case
    one, two = np.arange(8.0).reshape(4, 2), np.arange(4.0).reshape(4, 1)
    found = by_name(compare(case, [outputs(a=one, b=two)], [outputs(a=one, b=two + 1.0)]))
    assert found == {"outputs a": True, "outputs b": False}
    assert by_name(compare(case, [outputs(a=one)], [outputs(b=one)])) == {"outputs a": False, "outputs b": False}


def training(loss: float = 1.0, norm: float = 3.0, mean: float = 0.0, update: float = 0.1, trained: str = "fc.weight") -> TrainingTrace:
    updates = {"fc.bias": Array.of(np.array([0.1])), trained: Array.of(np.array([-0.1, update]))}
    return TrainingTrace((4.6, 2.0 * loss), (norm,), Array.of(np.array([-1.0, mean, 1.0])), updates)


@pytest.mark.parametrize(
    ("ours", "broken"),
    [
        (training(), set()),
        (training(loss=1.005), {"loss curve"}),
        (training(norm=3.1), {"gradient norm"}),
        (training(mean=0.01), {"running means"}),  # a momentum of 0.99 instead of 0.9 shows here and nowhere in a forward pass
        (training(loss=float("nan")), {"loss curve"}),
        (training(update=-0.1), {"weights"}),
        (training(trained="conv1.weight"), {"trained tensors"}),  # frozen on one side
    ],
)
def test_training(ours: TrainingTrace, broken: set[str]) -> None:
    checks = by_name(compare(setup("train_step", Workload.FROZEN).case, [training()], [ours]))
    assert set(checks) == {"loss curve", "gradient norm", "running means", "trained tensors", "weights"}
    assert {name for name, holds in checks.items() if not holds} == broken


def test_a_network_without_batch_norms_has_no_running_means() -> None:
    case, none = setup("train_step", Workload.FROZEN).case, Array.of(np.empty(0))
    without = msgspec.structs.replace(training(), running_means=none)
    assert set(by_name(compare(case, [without], [without]))) == {"loss curve", "gradient norm", "trained tensors", "weights"}
    assert not by_name(compare(case, [training()], [without]))["running means"], "one has them, the other has not"


def outputs_of(**outputs: tuple[int, ...]) -> OutputTrace:
    return OutputTrace({name: Array.of(np.arange(math.prod(shape), dtype=np.float32).reshape(shape)) for name, shape in outputs.items()})


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        (outputs_of(outputs=(4, 3, 8, 8)), outputs_of(outputs=(4, 8, 8, 3)), "[outputs.outputs] channels_last = true"),
        (outputs_of(outputs=(4, 3)), outputs_of(outputs=(4, 5)), "shapes [4, 3] and [4, 5]"),
        (OutputTrace({"0": Array.of(np.ones((4, 3)))}), outputs_of(outputs=(4, 3)), "one network gives 0, the other outputs"),
    ],
)
def test_what_is_other_than_values_is_a_sentence(theirs: OutputTrace, ours: OutputTrace, told: str) -> None:
    case = setup("inference", Workload.INFERENCE).case
    checks = compare(case, [theirs], [ours])
    assert not any(check.holds for check in checks)
    assert told in checks[0].told
    assert "inf" not in checks[0].told
    assert math.isfinite(checks[0].difference), "JSON has no infinity"


def test_a_tensor_that_one_alone_trains_is_named() -> None:
    case = setup("train_step", Workload.FULL).case
    update = Array.of(np.ones(2))
    theirs = TrainingTrace((1.0, 0.5), (1.0,), Array.of(np.empty(0)), {"lstm.bias_ih_l0": update, "lstm.bias_hh_l0": update})
    ours = TrainingTrace((1.0, 0.5), (1.0,), Array.of(np.empty(0)), {"lstm.bias_ih_l0": update})
    checks = compare(case, [theirs], [ours])
    told = next(check.told for check in checks if check.name == "trained tensors")
    assert "lstm.bias_hh_l0 trains in one framework alone" in told
    assert "freeze bias_hh" in told


@pytest.mark.parametrize(("ranks", "exchange", "items"), [(2, None, 4), (3, None, 6), (2, ACCUMULATED, 8), (4, ACCUMULATED, 16)])
def test_the_batch_of_ranks_splits_into_what_each_exchanges(ranks: int, exchange: str | None, items: int) -> None:
    of_ranks = setup("data_parallel", Workload.FULL, ranks=ranks, exchange=exchange)
    together, alone = requests(of_ranks)[-1], requests_alone(of_ranks, of_ranks.case)[-1]
    assert isinstance(together, TraceTraining)
    assert isinstance(alone, TraceTraining)
    assert (together.setup.case.batch_size, together.setup.case.ranks, together.setup.case.exchange) == (items, ranks, exchange)
    assert (alone.setup.case.batch_size, alone.setup.case.ranks, alone.setup.case.exchange) == (items, 1, None)


def test_a_batch_that_does_not_split_is_told_at_collection() -> None:
    def told(ranks: int, exchange: str | None = None) -> tuple[str, str] | None:
        return why_not(setup("data_parallel", Workload.FULL, batch_size=20, ranks=ranks, exchange=exchange).case, MODEL)

    assert [told(4), told(2), told(5), told(5, ACCUMULATED)] == [None] * 4
    assert told(3) == ("3 ranks", "a batch of 20 cannot be split into 3 equal parts")
    assert told(2, ACCUMULATED) == ("2 ranks that exchange accumulated_4", "a batch of 20 cannot be split into 8 equal parts")
