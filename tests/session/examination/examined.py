"""Examinations made by hand: of a network that agrees, and of one that parts in several ways."""

from __future__ import annotations

import math
import random

from msgspec.structs import replace

from harness.record.parting import Examination, Known, Line, Part, Parting, Point, Reason

OWN, OTHER = "pytorch", "tensorflow"
TITLES = {OWN: "PyTorch", OTHER: "TensorFlow"}
BLOCKS = 16
LAYERS = ("conv1", "bn1", *(f"block{block}.{name}" for block in range(BLOCKS) for name in ("conv", "norm", "relu")), "fc")
NORMS = tuple(layer for layer in LAYERS if "norm" in layer or layer.startswith("bn"))
PADDING = Reason("padding", "PyTorch pads 3 on each side, TensorFlow 2 before and 3 behind")
EPSILON = Reason("epsilon", "PyTorch has 1e-05, TensorFlow 0.001")
KNOWN = {
    "padding": Known(
        "padding of a convolution",
        "The layer parts at its edges.",
        {OWN: "Write `functional.pad(x, (2, 3, 2, 3))` before it.", OTHER: "Write `ZeroPadding2D(3)` before it and `padding='valid'`."},
    ),
    "epsilon": Known(
        "epsilon of a normalisation",
        "Every norm parts a little.",
        {OWN: "Write `eps=` as Keras has it.", OTHER: "Write `epsilon=` as PyTorch has it."},
    ),
}


def line(part: Part, precision: str, size: float) -> Line:
    """Differences that grow with depth."""
    noise = random.Random(f"{part} {precision}")
    operations = {"conv": "conv2d", "conv1": "conv2d", "norm": "batch_norm", "bn1": "batch_norm", "relu": "relu", "fc": "linear"}
    names = LAYERS if part in (Part.INFERENCE, Part.TRAINING) else [f"{layer}.weight" for layer in LAYERS if "relu" not in layer]
    grown = [size * (1 + 0.4 * place) * noise.uniform(0.5, 1.5) for place in range(len(names))]
    grown = grown[::-1] if part is Part.GRADIENTS else grown
    told = [operations.get(name.rpartition(".")[2], "gradient") for name in names]
    return Line(part, precision, tuple(Point(*each) for each in zip(names, told, grown, strict=True)))


def agreeing() -> Examination:
    lines = (
        line(Part.INFERENCE, "fp64", 2e-16),
        line(Part.INFERENCE, "fp32", 1e-7),
        line(Part.INFERENCE, "bf16", 4e-3),
        line(Part.TRAINING, "fp64", 3e-16),
        line(Part.TRAINING, "fp32", 2e-7),
        line(Part.GRADIENTS, "fp64", 1e-15),
        line(Part.GRADIENTS, "fp32", 1e-6),
        Line(Part.STATISTICS, "fp64", ()),
        line(Part.STEP, "fp64", 1e-13),
        line(Part.STEPS, "fp64", 1e-10),
    )
    seconds = {"weights": 2.1, "TensorFlow": 14.2, "PyTorch": 11.6}
    return Examination("resnet", "ResNet", (OWN, OTHER), (), lines, layers=len(LAYERS), seconds=seconds)


def parting(layer: str, *reasons: Reason, part: Part = Part.INFERENCE, left: float = 0.12, depth: int = -1) -> Parting:
    return Parting(
        part, layer, "conv2d(stride=(2, 2), padding=(3, 3))", f"{layer}/keras", "strides=(2, 2)", 0.0, left, reasons, depth=depth
    )


def parted() -> Examination:
    """Padding in the first layer; epsilon in all norms; a relu that nothing explains, of another size; statistics that differ anyway."""
    biased = Reason("unbiased_variance", "PyTorch's running variance is over n - 1 values, TensorFlow's over n = 1024")
    found = [
        parting("conv1", PADDING, depth=0),
        *(
            Parting(part, layer, "batch_norm(eps=1e-05)", f"{layer}/bn", "epsilon=0.001", 2e-16, 3e-4, (EPSILON,))
            for part in (Part.INFERENCE, Part.TRAINING)
            for layer in NORMS
        ),
        replace(parting("block9.relu", left=math.inf), operation="relu", other_operation="relu6", ruled_out=("activation", "norm_missing")),
        replace(parting("bn1", biased, part=Part.STATISTICS, left=2e-4), inherent=True),
    ]
    raised = tuple(_raised(each, found) for each in agreeing().lines)
    return replace(agreeing(), partings=tuple(found), lines=raised, known=KNOWN, notes=("The weights after 20 steps were not compared.",))


def _raised(own: Line, found: list[Parting]) -> Line:
    """The line with what parts in it; the first layer is one of no points, as its parting has a depth."""
    apart = {each.layer: each.left for each in found if each.part is own.part}
    points = tuple(replace(point, apart=apart.get(point.layer, point.apart)) for point in own.points)
    return replace(own, points=tuple(point for point in points if point.layer != "conv1") if own.part is Part.INFERENCE else points)
