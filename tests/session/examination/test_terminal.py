"""What the terminal says of an examination."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.record.parting import Examination, Line, Part
from harness.session.examination.terminal import lines
from tests.session.examination.examined import EPSILON, NORMS, PADDING, TITLES, agreeing, line, parted, parting


def text(examination: Examination, width: int = 100) -> str:
    """In one line, as it is read."""
    return " ".join(" ".join(lines(examination, width, TITLES)).split())


def test_a_network_that_agrees_has_one_sentence() -> None:
    largest = max(point.apart for each in agreeing().lines[:4:3] for point in each.points)
    assert lines(agreeing(), 400, TITLES) == [
        f"resnet: the same network in PyTorch and TensorFlow: 51 layers, largest difference {largest:.2g} (float64); "
        "forward pass of training, gradients, statistics and weights after 1 and 20 steps agree"
    ]


def test_it_says_no_more_than_what_was_compared() -> None:
    inference = replace(agreeing(), lines=(line(Part.INFERENCE, "fp32", 1e-7),))
    assert text(inference).endswith("(float32)")
    assert text(replace(inference, lines=(*inference.lines, Line(Part.STEP, "fp32", ())))).endswith("; weights after 1 step agree")
    assert "nothing was compared" in text(replace(inference, lines=()))
    assert "as far as they were gone through: 51 layers" in text(replace(inference, notes=("the loss",)))
    assert text(replace(inference, notes=("the loss",))).endswith("note: the loss")
    assert text(replace(inference, lines=(), layers=0, failure="no TensorFlow")) == "resnet: not examined: no TensorFlow"


def test_each_parting_is_told_with_both_mends() -> None:
    told = text(parted())
    assert "not the same network in PyTorch and TensorFlow: 3 differences in 19 layers, the first in conv1" in told
    assert "1. conv1 part inference PyTorch conv2d(stride=(2, 2), padding=(3, 3)) TensorFlow conv1/keras: strides=(2, 2)" in told
    assert "what goes in: 0; what comes out: 0.12 reason padding of a convolution: PyTorch pads 3 on each side" in told
    assert "mend in PyTorch Write `functional.pad(x, (2, 3, 2, 3))` before it. or in TensorFlow Write `ZeroPadding2D(3)`" in told


def test_one_fault_in_many_layers_is_told_once() -> None:
    told = text(parted())
    assert f"2. bn1, block0.norm, block1.norm and {len(NORMS) - 3} more layers part inference and forward pass of training" in told
    assert told.count(EPSILON.told) == 1
    assert "what goes in: at most 2e-16; what comes out: at most 0.0003" in told


def test_what_nothing_explains_says_what_was_ruled_out() -> None:
    told = text(parted())
    assert "; 1 without a known reason" in told
    assert "what comes out: another size, or values that are not finite reason none that is known makes the two agree" in told
    assert "ruled out activation, norm missing" in told


def test_what_differs_whatever_one_writes_is_no_fault() -> None:
    inherent = replace(parting("bn1", PADDING), inherent=True)
    told = text(replace(agreeing(), partings=(inherent,)))
    assert "the same network in PyTorch and TensorFlow: 51 layers" in told
    assert "1. bn1: differs whatever one writes" in told


@pytest.mark.parametrize("apart", [0.5, math.inf])
def test_an_inherent_difference_is_not_the_largest(apart: float) -> None:
    own = agreeing().lines[0]
    raised = replace(own, points=(replace(own.points[0], apart=apart), *own.points[1:]))
    found = replace(agreeing(), partings=(replace(parting(own.points[0].layer, left=apart), inherent=True),), lines=(raised,))
    assert f"largest difference {max(point.apart for point in own.points[1:]):.2g} (float64)" in text(found)


def test_a_network_that_is_trained_in_another_way_is_the_same_network() -> None:
    told = text(replace(agreeing(), partings=(parting("fc.weight", part=Part.STEP),)))
    assert "the same network in PyTorch and TensorFlow, trained in two ways: 1 difference in fc.weight" in told


def test_an_entry_that_nothing_is_known_of_has_its_name() -> None:
    assert "reason padding: PyTorch pads 3" in text(replace(parted(), known={}))


@given(st.integers(60, 250))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, lines(parted(), width, TITLES))) <= width
