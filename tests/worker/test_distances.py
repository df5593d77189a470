"""How far apart answers are, in measures that their size does not change."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.worker import distances
from tests.stand_in.model import MODEL, write_model

VALUES = np.array([[1.0, -1.0], [3.0, 5.0]])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_size_of_the_values_does_not_count(scale: float) -> None:
    other = VALUES + np.array([[0.0, 0.1], [0.0, -0.2]])
    assert distances.spread(scale * other, scale * VALUES) == pytest.approx(0.2 / VALUES.std())
    assert distances.relative(1.1 * scale, scale) == pytest.approx(0.1)
    assert distances.curve([scale, 2.2 * scale], [scale, 2 * scale]) == pytest.approx(0.1)
    assert distances.updates({"a": scale * other}, {"a": scale * VALUES}) == pytest.approx(math.hypot(0.1, 0.2) / 6.0)


def test_each_output_is_told_by_its_name() -> None:
    theirs = {"one": VALUES, "two": VALUES}
    assert distances.outputs(theirs, theirs) == {"one": 0.0, "two": 0.0}
    assert distances.outputs(theirs | {"two": VALUES + 1.0}, theirs) == {"one": 0.0, "two": pytest.approx(1.0 / VALUES.std())}


@pytest.mark.parametrize("ours", [VALUES[:1], VALUES.reshape(4), np.full_like(VALUES, np.nan)])
def test_another_shape_and_nan_are_within_no_tolerance(ours: np.ndarray) -> None:
    for distance in (
        distances.spread(ours, VALUES),
        distances.outputs({"a": ours, "b": VALUES}, {"a": VALUES, "b": VALUES})["a"],
        distances.updates({"a": ours}, {"a": VALUES}),
    ):
        assert not distance <= 1e9


def test_parts_that_are_too_long_and_too_short_do_not_cancel() -> None:
    """The whole is as long as theirs, by luck: what rounding does to it is told by the parts."""
    assert distances.relative(math.hypot(1.1, 0.9), math.hypot(1.0, 1.0)) < 0.01
    assert distances.norms([1.1, 0.9], [1.0, 1.0]) == pytest.approx(0.1)
    assert distances.norms([1.1, 1e-9], [1.0, 1e-3]) == pytest.approx(0.1, rel=1e-3), "a small part counts by its share"


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_whole_is_no_further_apart_than_its_parts(theirs: list[float], random: Random) -> None:
    ours = [each * (1 + random.uniform(-1e-6, 1e-6)) for each in theirs]
    assert distances.relative(math.hypot(*ours), math.hypot(*theirs)) <= 1.00001 * distances.norms(ours, theirs) + 1e-15


def test_norms_of_other_tensors_are_within_no_tolerance() -> None:
    assert distances.norms([1.0], [1.0, 1.0]) == math.inf
    assert not distances.norms([math.nan], [1.0]) <= 1e9
    assert distances.norms([0.0], [0.0]) == distances.norms([], []) == 0.0


@pytest.mark.parametrize("ours", [[1.0], [1.0, math.nan]])
def test_a_curve_that_ends_early_or_in_nan_is_within_no_tolerance(ours: list[float]) -> None:
    assert not distances.curve(ours, [1.0, 1.0]) <= 1e9


def test_outputs_of_other_names_are_other_outputs() -> None:
    assert distances.outputs({"a": VALUES}, {"b": VALUES}) == {"b": math.inf}


def test_what_has_no_size_is_near_to_itself_alone() -> None:
    zeros = np.zeros(3)
    assert distances.spread(zeros, zeros) == distances.relative(0.0, 0.0) == distances.updates({"a": zeros}, {"a": zeros}) == 0.0
    assert distances.spread(zeros + 1e-9, zeros) == distances.relative(1e-9, 0.0) == math.inf
    assert distances.updates({"a": VALUES}, {"b": VALUES}) == 0.0, "which tensors are trained is a check of its own"


def test_a_classifiers_only_output_is_its_logits(tmp_path: Path) -> None:
    classifier = find(DEFAULT).description
    assert distances.called(classifier, ["outputs"]) == {"outputs": "logits"}
    assert distances.called(classifier, ["class"]) == {"class": "logits"}
    assert distances.called(classifier, ["0", "1"]) == {"0": "outputs 0", "1": "outputs 1"}
    other = MODEL.replace("cross_entropy", "mean_squared_error").replace('dtype = "int64"\nbelow = 5\n', "")
    assert distances.called(write_model(tmp_path / "other", model=other).description, ["outputs"]) == {"outputs": "outputs"}


def test_a_constant_is_measured_by_its_own_size() -> None:
    """It has no deviation, and an infinite distance would make an infinite tolerance."""
    constant = np.full(3, 4.0)
    assert distances.spread(constant + 1e-3, constant) == pytest.approx(1e-3 / 4.0)
