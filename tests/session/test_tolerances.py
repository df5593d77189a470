"""Tolerances from a network's own rounding, and checks that could hardly fail."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from harness.record.case import Case, Precision, Style, Workload
from harness.session import tolerances, weak
from harness.worker.trace import Rounding

DIFFERENT = np.arange(12.0).reshape(4, 3)


def case(precision: Precision = Precision.FP32, workload: Workload = Workload.FULL) -> Case:
    return Case(framework="any", phase="train_step", workload=workload, style=Style.MATCHED, batch_size=4, precision=precision)


@pytest.mark.parametrize("precision", tolerances.FACTORS)
def test_a_tolerance_is_a_multiple_of_the_rounding_and_no_less_than_a_floor(precision: Precision) -> None:
    found = tolerances.of(case(precision), Rounding(outputs={"logits": 0.1, "other": 0.0}, updates=1e-12))
    assert found.of_output("logits") == pytest.approx(0.1 * tolerances.FACTORS[precision].outputs)
    assert found.of_output("other") == tolerances.FLOORS[precision].outputs, "one output's rounding excuses no other"
    assert found.updates == tolerances.FLOORS[precision].updates
    assert found.losses == tolerances.FLOORS[precision].losses


@pytest.mark.parametrize("size", [math.inf, math.nan])
def test_a_rounding_without_a_size_allows_what_any_network_is_allowed(size: float) -> None:
    found = tolerances.of(case(), Rounding(outputs={"logits": size}, updates=size, running_means=size))
    allowed = tolerances.OF_ANY[Precision.FP32]
    assert (found.of_output("logits"), found.updates, found.running_means) == (allowed.outputs, allowed.updates, allowed.running_means)


@pytest.mark.parametrize("rounding", [None, Rounding(outputs={"logits": 9.0}, why="fp64: no")])
def test_without_a_rounding_they_are_those_of_any_network(rounding: Rounding | None) -> None:
    frozen = tolerances.of(case(workload=Workload.FROZEN), rounding)
    assert msgspec.structs.replace(frozen, loose="") == tolerances.OF_ANY[Precision.FP32]
    assert bool(frozen.loose) == (rounding is not None), "and a check that is looser for it says why"
    full = tolerances.of(case(workload=Workload.FULL), rounding)
    assert full.losses > tolerances.OF_ANY[Precision.FP32].losses
    assert full.outputs == tolerances.OF_ANY[Precision.FP32].outputs


def test_outputs_are_weak_where_another_items_would_do() -> None:
    assert weak.of_outputs(DIFFERENT, 1e-3, "row", case()) == ""
    alike = 1e3 + 1e-6 * DIFFERENT
    alike[:, 0] = 0.0  # what spreads over the values of an item says nothing of the items
    assert weak.of_outputs(alike, 1e-3, "image", case()).startswith("an image's outputs differ from the next one's by less")
    assert "--weights FILE" in weak.of_outputs(alike, 1e-3, "row", case())
    assert weak.of_outputs(np.float64(3.0), 1e-3, "row", case()) == ""
    assert "fp32" in weak.of_outputs(alike, 1e-3, "row", case(Precision.BF16))


def test_a_loss_that_hardly_moves_is_weak() -> None:
    assert weak.of_losses((4.6, 4.5), 1e-3, case()) == ""
    assert "learning_rate" in weak.of_losses((4.6, 4.5999), 1e-3, case())


def test_what_none_at_all_would_pass_is_weak() -> None:
    for of in (weak.of_gradients, weak.of_updates):
        assert of(0.9, case()) == ""
        assert of(1.0, case()) != ""
