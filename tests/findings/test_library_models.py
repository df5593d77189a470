"""The page about the libraries' architectures, from examinations made by hand."""

from __future__ import annotations

import pytest

from harness.findings.library_models import page
from harness.record.parting import Examination, Known, Line, Part, Parting, Point, Reason

BOTH = ("pytorch", "tensorflow")
VERSIONS = {"torchvision": "0.1", "Keras": "3.2"}
EPSILON = Reason("epsilon", "epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow")
PADDING = Reason("padding", "PyTorch pads 1 on each side, TensorFlow 0 before and 1 behind")
KNOWN = {
    "epsilon": Known("epsilon of a normalisation", "", {"pytorch": "Write `eps=0.001`.", "tensorflow": "Write `epsilon=1e-5`."}),
    "padding": Known("padding of a convolution", "", {"pytorch": "Pad at the end.", "tensorflow": "Pad on both sides."}),
}


def parting(layer: str, operation: str, *reasons: Reason) -> Parting:
    return Parting(Part.INFERENCE, layer, f"{operation}(eps=1)", layer, "", 1e-16, 0.1, reasons)


def examined(title: str, *partings: Parting, points: tuple[Point, ...] = (), failure: str = "") -> Examination:
    lines = (Line(Part.INFERENCE, "fp64", points),)
    return Examination(title.lower(), title, BOTH, partings, lines, known=KNOWN, layers=12, failure=failure)


def row(text: str, title: str) -> str:
    (found,) = (line for line in text.splitlines() if line.startswith(f"| {title} |"))
    return found


@pytest.mark.parametrize(
    ("agreeing", "said"),
    [((), "all 3 batch norms: epsilon is"), (("norm9", "norm10"), "3 of 5 batch norms, the first `norm0`: epsilon is")],
)
def test_one_fault_in_many_layers_is_told_once_and_how_many_of_their_kind_have_it(agreeing: tuple[str, ...], said: str) -> None:
    points = (*(Point(each, "batch_norm", 0.0) for each in agreeing), Point("conv", "conv2d", 0.0))
    of_one = examined("Net", *(parting(f"norm{place}", "batch_norm", EPSILON) for place in range(3)), points=points)
    found = row(page([of_one], VERSIONS, "run"), "Net")
    assert said in found
    assert found.count("epsilon is") == 1
    assert "| no |" in found


def test_several_faults_stand_in_one_row() -> None:
    found = row(page([examined("Net", parting("stem", "conv2d", PADDING), parting("norm", "batch_norm", EPSILON))], VERSIONS, "run"), "Net")
    assert f"`stem`: {PADDING.told}<br>`norm`: {EPSILON.told}" in found


def test_a_fault_of_several_kinds_of_operations_counts_layers() -> None:
    found = page([examined("Net", parting("one", "conv2d", PADDING), parting("two", "linear", PADDING))], VERSIONS, "run")
    assert "2 layers, the first `one`: PyTorch pads" in row(found, "Net")


def test_a_network_that_agrees_has_a_row_and_no_paragraph() -> None:
    found = page(
        [examined("Same", points=(Point("fc", "linear", 1e-16),)), examined("Other", parting("fc", "linear", PADDING))], VERSIONS, "run"
    )
    assert "| **yes** | nowhere |" in row(found, "Same")
    assert [line for line in found.splitlines() if line.startswith("## ")] == ["## Other"]


def test_architectures_that_part_for_the_same_reasons_share_what_is_to_be_changed() -> None:
    family = [examined(title, parting("norm", "batch_norm", EPSILON)) for title in ("Small", "Large")]
    found = page([*family, examined("Third", parting("stem", "conv2d", PADDING))], VERSIONS, "run")
    assert found.count("## Small and Large") == 1
    assert "## Third" in found
    paragraph = found.partition("## Small and Large")[2].partition("## Third")[0]
    for mend in ("In torchvision: Write `eps=0.001`.", "In keras.applications: Write `epsilon=1e-5`."):
        assert mend in paragraph
    assert "Pad at the end." not in paragraph


def test_versions_and_the_command_are_at_the_top() -> None:
    top = page([examined("Net", parting("stem", "conv2d", PADDING))], VERSIONS, "pytest this").partition("| architecture")[0]
    assert "torchvision 0.1, Keras 3.2" in top
    assert "    pytest this" in top


def test_what_has_no_reason_or_was_not_examined_is_said() -> None:
    found = page(
        [examined("Net", parting("stem", "conv2d"), parting("fc", "linear")), examined("Gone", failure="no | memory")], VERSIONS, "run"
    )
    assert "2 places are without a known reason." in found
    assert "Each reason is tested" not in found
    assert "`stem`: no known reason<br>`fc`: no known reason" in row(found, "Net")
    assert "| not examined | no &#124; memory |" in row(found, "Gone")


@pytest.mark.parametrize(
    ("apart", "verdict"), [(1e-8, "| **yes** | nowhere |"), (0.29, "| as far as can be told | from `deep` on nothing is proven")]
)
def test_what_agrees_by_a_wide_tolerance_alone_is_not_called_the_same(apart: float, verdict: str) -> None:
    points = (Point("stem", "conv2d", 1e-16), Point("deep", "linear", apart))
    text = page([examined("Deep", points=points)], VERSIONS, "run")
    assert verdict in row(text, "Deep")
    assert f"{int(apart < 1e-6)} of which are the same network" in text


def test_a_fault_does_not_hide_that_nothing_is_proven_behind_it() -> None:
    of_one = examined("Net", parting("stem", "conv2d", PADDING), points=(Point("deep", "linear", 0.29),))
    assert "`stem`: PyTorch pads 1 on each side, TensorFlow 0 before and 1 behind<br>from `deep` on nothing is proven" in row(
        page([of_one], VERSIONS, "run"), "Net"
    )
