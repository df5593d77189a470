"""Resampling of images: kind, where a pixel lies, antialias, size, and what is shuffled out of channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue import interpolation
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry
from harness.frameworks.pytorch.walk.catalogue.interpolation import CENTRES, CORNERS, EDGES

KINDS = {
    "upsample_nearest1d": "nearest", "upsample_nearest2d": "nearest", "upsample_nearest3d": "nearest",
    "_upsample_nearest_exact1d": "nearest", "_upsample_nearest_exact2d": "nearest", "_upsample_nearest_exact3d": "nearest",
    "upsample_linear1d": "linear", "upsample_bilinear2d": "linear", "upsample_trilinear3d": "linear",
    "upsample_bicubic2d": "cubic", "_upsample_bilinear2d_aa": "linear", "_upsample_bicubic2d_aa": "cubic",
}  # fmt: skip
SAID = {"nearest": "the nearest value", "linear": "linear interpolation", "cubic": "cubic interpolation"}
FACTORS = (2, 3, 4, 8)
OURS = {EDGES: "pixels begin at whole numbers", CENTRES: "pixels have their centres between whole numbers", CORNERS: "corners are aligned"}

Resampled = Callable[[Any], Any]


def _resamplings(region: Sequence[Call]) -> Iterator[Call]:
    return (call for call in region if call.name in KINDS)


def _own(call: Call) -> tuple[str, str]:
    """The kind, and where pixels lie."""
    kind = KINDS[call.name]
    if kind == "nearest":
        return kind, CENTRES if "exact" in call.name else EDGES
    aligns = call.get("align_corners", call.args[2] if len(call.args) > 2 else False)
    return kind, CORNERS if aligns is True else CENTRES


def _is_antialiased(call: Call) -> bool:
    return call.name.endswith("_aa")


def _sizes(call: Call) -> tuple[int, ...]:
    return tuple(call.outputs[0].tensor.shape[2:])


def _corners(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _resamplings(region):
        kind, own = _own(call)
        for lie in (CENTRES, CORNERS, EDGES):
            if lie != own:
                told = f"in PyTorch {OURS[own]}, in TensorFlow {OURS[lie]}"
                yield told, call.instead(interpolation.to(_sizes(call), kind, lie))


def _antialias(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _resamplings(region):
        kind, _ = _own(call)
        if _is_antialiased(call):
            told = "PyTorch resizes with antialias, TensorFlow without"
            yield told, call.instead(interpolation.to(_sizes(call), kind, CENTRES))
            yield told, call.instead(interpolation.to(_sizes(call), kind, CENTRES, interpolation.KEYS))
        elif kind != "nearest" and len(_sizes(call)) == 2:
            mode = {"linear": "bilinear", "cubic": "bicubic"}[kind]
            sizes = _sizes(call)
            told = "PyTorch resizes without antialias, TensorFlow with it"
            yield (
                told,
                call.instead(_antialiased(sizes, mode)),
            )


def _antialiased(sizes: tuple[int, ...], mode: str) -> Resampled:
    return lambda values: functional.interpolate(values, sizes, mode=mode, antialias=True)


def _cubic(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _resamplings(region):
        kind, own = _own(call)
        if kind == "cubic" and not _is_antialiased(call):
            told = "PyTorch's cubic kernel has a = -0.75 and repeats the border, TensorFlow's has a = -0.5 and leaves out what is beyond it"
            yield told, call.instead(interpolation.to(_sizes(call), kind, own, interpolation.KEYS))
        elif kind == "cubic":
            told = "PyTorch's cubic kernel has a = -0.5, as its antialias has it, TensorFlow's has a = -0.75 and repeats the border"
            yield told, call.instead(interpolation.to(_sizes(call), kind, own, interpolation.REPEATED))


def _kind(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _resamplings(region):
        own, _ = _own(call)
        for kind, lies in {"nearest": (EDGES, CENTRES, CORNERS), "linear": (CENTRES, CORNERS, EDGES), "cubic": (CENTRES,)}.items():
            for lie in lies if kind != own else ():
                compute = interpolation.to(_sizes(call), kind, lie, interpolation.KEYS if kind == "cubic" else interpolation.REPEATED)
                yield f"PyTorch resizes by {SAID[own]}, TensorFlow by {SAID[kind]}", call.instead(compute)
    for call in region:
        if call.name == "adaptive_avg_pool2d" and call.outputs[0].tensor.shape[-1] > 1:
            for kind, lie in (("linear", CENTRES), ("nearest", EDGES)):
                compute = interpolation.to(tuple(call.outputs[0].tensor.shape[2:]), kind, lie)
                yield f"PyTorch resizes by the mean of an area, TensorFlow by {SAID[kind]}", call.instead(compute)


def _size(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _resamplings(region):
        kind, lie = _own(call)
        given, own = tuple(call.given[0].tensor.shape[2:]), _sizes(call)
        for sizes in (
            *(tuple(each * factor for each in given) for factor in FACTORS),
            *(tuple(each // factor for each in given) for factor in FACTORS),
            given,
            own[::-1],
        ):
            if sizes != own and min(sizes) > 0:
                yield f"PyTorch resizes to {_plain(own)}, TensorFlow to {_plain(sizes)}", call.instead(interpolation.to(sizes, kind, lie))


def _plain(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _shuffled(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name in ("pixel_shuffle", "pixel_unshuffle") and len(call.args) > 1:
            each = int(call.args[1]) ** 2
            told = (
                "PyTorch's channels are (channels, rows, columns) of what is shuffled, TensorFlow's (rows, columns, channels), "
                "as depth_to_space has them"
            )
            back = (
                "PyTorch's channels are (rows, columns, channels) of what is shuffled, as depth_to_space has them, "
                "TensorFlow's (channels, rows, columns)"
            )
            for said, change in ((told, _transposed(each, -1)), (back, _transposed(-1, each))):
                yield said, call.wrapped(before=change) if call.name == "pixel_shuffle" else call.wrapped(after=change)


def _transposed(first: int, second: int) -> Resampled:
    """Of channels that are two axes."""
    return lambda values: values.unflatten(1, (first, second)).transpose(1, 2).flatten(1, 2)


ENTRIES = (
    Entry(
        "corners",
        "where pixels lie when an image is resized: corners aligned, centres, or edges",
        "The layer behind a resizing parts, most at the borders; sizes are equal.",
        "Write `align_corners=False`, and `mode=\"nearest-exact\"` for a nearest value by centres.",
        "`UpSampling2D` and `keras.ops.image.resize` go by centres: corners aligned have to be written out. TensorFlow 1 went by edges.",
        _corners,
    ),
    Entry(
        "cubic_kernel",
        "kernel of a cubic interpolation",
        "The layer behind a bicubic resizing parts by about a hundredth.",
        "`F.interpolate(mode=\"bicubic\")` has a = -0.75; with `antialias=True` it is -0.5, as TensorFlow's.",
        "TensorFlow's bicubic has a = -0.5, and cannot be given another: resize by two products with the kernel of PyTorch.",
        _cubic,
    ),
    Entry(
        "antialias",
        "antialias when an image is made smaller, or not",
        "The layer behind a resizing parts everywhere.",
        "Write `antialias=` of `F.interpolate` as `keras.ops.image.resize` has it.",
        "Write `antialias=` of `keras.ops.image.resize` as `F.interpolate` has it; the default is False in both.",
        _antialias,
    ),
    Entry(
        "interpolation",
        "kind of interpolation: nearest ↔ bilinear ↔ bicubic",
        "The layer behind a resizing parts everywhere.",
        "Write `mode=` as Keras' `interpolation`; the default is \"nearest\" here, and of `nn.Upsample`.",
        "Write `interpolation=` as PyTorch's `mode`; `UpSampling2D` has \"nearest\" as its default, `keras.ops.image.resize` \"bilinear\".",
        _kind,
    ),
    Entry(
        "pixel_shuffle",
        "channels of a pixel shuffle: (channels, block) ↔ (block, channels)",
        "The layer behind a pixel shuffle parts with every shape right.",
        "Permute the channels before `pixel_shuffle`, or the kernel's outputs, from (block, channels) to (channels, block).",
        "`tf.nn.depth_to_space` takes (block, channels): permute what comes from PyTorch, or reshape and transpose by hand.",
        _shuffled,
    ),
    Entry(
        "resized_to",
        "size that an image is resized to",
        "A resizing gives another size, which a later layer may make equal.",
        "Write `size` or `scale_factor` as Keras has it.",
        "Write `size` as PyTorch has it; the height comes before the width in both.",
        _size,
    ),
)  # fmt: skip
