"""Convolutions and dense layers: padding, stride, bias, and the layout of their kernels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

CONVOLUTIONS = {"conv1d": 1, "conv2d": 2, "conv3d": 3}
SUMMED = {*CONVOLUTIONS, "linear", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}
STRIDES = (1, 2, 3, 4)
DILATIONS = (1, 2, 3, 4)
MODES = ("reflect", "replicate", "circular")

Pads = tuple[int, ...]  # (low, high) of the last axis first, as functional.pad has them


def convolutions(region: Sequence[Call]) -> Iterator[Call]:
    return (call for call in region if call.name in CONVOLUTIONS and call.arguments() is not None)


def each_axis(value: Any, axes: int) -> tuple[int, ...]:
    found = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    return found if len(found) == axes else found * axes


def same_pads(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """TensorFlow's SAME: as many as give ceil(size / stride) values, the odd one at the end."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def padded(pads: Pads, mode: str = "constant") -> Callable[..., Any]:
    """A convolution with explicit padding."""

    def compute(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:  # noqa: ARG001
        convolve = getattr(functional, f"conv{weight.ndim - 2}d")
        return convolve(functional.pad(input, pads, mode=mode), weight, bias, stride, 0, dilation, groups)

    return compute


def _own_pads(call: Call) -> list[tuple[int, int]]:
    """Low and high of each axis, first axis first."""
    axes = CONVOLUTIONS[call.name]
    padding = call.get("padding")
    kernel, strides, dilations = _kernel(call), each_axis(call.get("stride"), axes), each_axis(call.get("dilation"), axes)
    if padding == "same":
        return [same_pads(10**6, *each) for each in zip(kernel, strides, dilations, strict=True)]
    return [(0, 0)] * axes if padding == "valid" else [(each, each) for each in each_axis(padding, axes)]


def _kernel(call: Call) -> tuple[int, ...]:
    return tuple(int(each) for each in call.get("weight").shape[2:])


def _said(pads: Sequence[tuple[int, int]]) -> str:
    one = set(pads)
    if len(one) == 1:
        low, high = pads[0]
        return f"{low} on each side" if low == high else f"{low} before and {high} behind"
    return ", ".join(f"({low}, {high})" for low, high in pads)


def _flat(pads: Sequence[tuple[int, int]]) -> Pads:
    return tuple(itertools.chain.from_iterable(reversed(list(pads))))


def _given(call: Call) -> tuple[int, ...]:
    """Sizes of the axes that are convolved over."""
    axes = CONVOLUTIONS[call.name]
    return tuple(int(each) for each in call.given[0].tensor.shape[-axes:])


def _other_pads(call: Call, strides: Sequence[int]) -> list[list[tuple[int, int]]]:
    axes = CONVOLUTIONS[call.name]
    kernel, dilations = _kernel(call), each_axis(call.get("dilation"), axes)
    same = [same_pads(*each) for each in zip(_given(call), kernel, strides, dilations, strict=True)]
    half = [(dilation * (size - 1) // 2,) * 2 for size, dilation in zip(kernel, dilations, strict=True)]
    none = [(0, 0)] * axes
    full = [(2 * low, 0) for low, _ in half]  # causal
    turned = [(high, low) for low, high in same]
    late = [(max(0, low - 1), low) for low, _ in half]  # ZeroPadding by `correct_pad`
    return [*dict.fromkeys(tuple(each) for each in (same, half, none, full, turned, late))]  # type: ignore[list-item]


def _padding(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in convolutions(region):
        own = _own_pads(call)
        strides = each_axis(call.get("stride"), CONVOLUTIONS[call.name])
        for pads in _other_pads(call, strides):
            if list(pads) != own:
                yield f"PyTorch pads {_said(own)}, TensorFlow {_said(pads)}", call.altered(padded(_flat(pads)))
        yield from _after_explicit_padding(call, region)


def _after_explicit_padding(call: Call, region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Where a call of its own pads before the convolution."""
    for before in region:
        if before.name == "pad" and before.outputs and any(value is before.outputs[0] for value in call.given):
            held = list(before.get("pad", ()))
            axes = CONVOLUTIONS[call.name]
            inner = tuple(int(each) for each in before.given[0].tensor.shape[-axes:])
            strides, dilations = each_axis(call.get("stride"), axes), each_axis(call.get("dilation"), axes)
            sizes = list(zip(inner, _kernel(call), strides, dilations, strict=True))
            half = [(each[3] * (each[1] - 1) // 2,) * 2 for each in sizes]
            for pads in ([same_pads(*each) for each in sizes], half, [(0, 0)] * axes):
                if list(_flat(pads)) != held:
                    own = [(held[2 * axis], held[2 * axis + 1]) for axis in range(len(held) // 2)][::-1]
                    yield f"PyTorch pads {_said(own)}, TensorFlow {_said(pads)}", before.altered(pad=_flat(pads))


def _padding_mode(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in convolutions(region):
        own = _own_pads(call)
        if any(low or high for low, high in own):
            for mode in MODES:
                yield f"PyTorch pads with zeros, TensorFlow by {mode}", call.altered(padded(_flat(own), mode))
    for call in region:
        if call.name == "pad" and call.arguments() is not None and any(call.outputs[0] in each.given for each in convolutions(region)):
            for mode in (*MODES, "constant"):
                if mode != call.get("mode"):
                    yield f"PyTorch pads by {call.get('mode')}, TensorFlow by {mode}", call.altered(mode=mode, value=None)


def _stride(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in convolutions(region):
        axes = CONVOLUTIONS[call.name]
        own, pads = each_axis(call.get("stride"), axes), _own_pads(call)
        for stride in STRIDES:
            strides = (stride,) * axes
            if strides != own:
                told = f"the stride is {_plain(own)} in PyTorch, {stride} in TensorFlow"
                yield told, call.altered(stride=strides)
                for other in _other_pads(call, strides):
                    if list(other) != pads:
                        yield f"{told}, with a padding of {_said(other)}", call.altered(padded(_flat(other)), stride=strides)


def _dilation(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in convolutions(region):
        axes = CONVOLUTIONS[call.name]
        own = each_axis(call.get("dilation"), axes)
        if max(_kernel(call)) > 1:
            for dilation in DILATIONS:
                if (dilation,) * axes != own:
                    half = [(dilation * (size - 1) // 2,) * 2 for size in _kernel(call)]
                    told = f"the dilation is {_plain(own)} in PyTorch, {dilation} in TensorFlow"
                    yield told, call.altered(dilation=dilation)
                    yield told, call.altered(padded(_flat(half)), dilation=dilation)


def _bias(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name in SUMMED and call.get("bias") is not None:
            yield "PyTorch's layer has a bias, TensorFlow's has none", call.altered(bias=None)
            yield "PyTorch's layer adds its bias once, TensorFlow's twice", call.altered(bias=call.get("bias") * 2)
        if call.name == "add" and call.weights and len(call.given) == 1:
            yield "PyTorch adds a weight by itself, TensorFlow does not", call.instead(lambda values: values)


def _transposed(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        weight = call.get("weight") if call.name in SUMMED else None
        if weight is None:
            continue
        if weight.ndim == 2 and weight.shape[0] == weight.shape[1]:
            yield "the kernel is transposed in one of them, inputs for outputs", call.altered(weight=weight.t())
        if weight.ndim > 2 and weight.shape[0] == weight.shape[1]:
            yield "the kernel is transposed in one of them, inputs for outputs", call.altered(weight=weight.transpose(0, 1))
        if weight.ndim == 4 and weight.shape[2] == weight.shape[3] and weight.shape[2] > 1:
            yield "height and width of the kernel are exchanged in one of them", call.altered(weight=weight.transpose(2, 3))
        if weight.ndim > 2 and max(weight.shape[2:]) > 1:
            axes = tuple(range(2, weight.ndim))
            yield "the kernel is turned round in one of them: a convolution for a cross-correlation", call.altered(weight=weight.flip(axes))


def _depthwise(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in convolutions(region):
        weight, groups = call.get("weight"), call.get("groups")
        each = weight.shape[0] // max(1, groups)
        if groups > 1 and each > 1:
            turned = weight.unflatten(0, (groups, each)).transpose(0, 1).flatten(0, 1)
            back = weight.unflatten(0, (each, groups)).transpose(0, 1).flatten(0, 1)
            told = "the outputs of a group are next to each other in one of them, those of all groups in turn in the other"
            yield told, call.altered(weight=turned)
            yield told, call.altered(weight=back)


def _groups(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Channels that go into a grouped convolution, shuffled or not."""
    for call in convolutions(region):
        groups = call.get("groups")
        channels = call.given[0].tensor.shape[1] if call.given[0].tensor.ndim > 1 else 0
        if groups > 1 and channels % groups == 0 and channels > groups:

            def shuffled(values: Any, groups: int = groups) -> Any:
                return values.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)

            def back(values: Any, groups: int = groups) -> Any:
                return values.unflatten(1, (-1, groups)).transpose(1, 2).flatten(1, 2)

            for change in (shuffled, back):
                yield "the channels are shuffled between the groups in one of them alone", call.wrapped(before=change)


def _plain(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


ENTRIES = (
    Entry(
        "padding",
        "padding of a convolution: symmetric ↔ SAME, or another",
        "The first convolution with stride 2 parts, first at the borders; sizes are equal.",
        "`padding=(kernel - 1) // 2` pads alike; for TensorFlow's SAME at stride 2 write `F.pad(x, (0, 1, 0, 1))` and `padding=0`.",
        'Write `ZeroPadding2D((kernel - 1) // 2)` and `padding="valid"`: SAME pads the odd one at the end.',
        _padding,
    ),
    Entry(
        "stride",
        "stride of a convolution, such as in the first ↔ the second one of a block",
        "A block's convolution gives another size, and the next one makes it equal again.",
        "Move `stride` to the convolution that has it in Keras.",
        "Move `strides` to the convolution that has it in PyTorch: version 1.5 of residual networks has it in the 3×3 one, 1 in the 1×1.",
        _stride,
    ),
    Entry(
        "dilation",
        "dilation of a convolution",
        "A convolution parts, sizes may be equal.",
        "Write `dilation` as Keras' `dilation_rate`.",
        "Write `dilation_rate` as PyTorch's `dilation`.",
        _dilation,
    ),
    Entry(
        "padding_mode",
        "what is padded with: zeros ↔ a reflection or the nearest value",
        "A convolution parts at the borders alone.",
        "Write `padding_mode` as the other network pads; the default is zeros.",
        "Pad with `keras.ops.pad(x, …, mode=…)` before a convolution with `padding=\"valid\"`.",
        _padding_mode,
    ),
    Entry(
        "bias",
        "bias missing, or added twice",
        "All outputs of a layer are a constant for each channel apart.",
        "Write `bias=False` where Keras' layer has none, or `bias=True` where it has one.",
        "Write `use_bias=False` where PyTorch's layer has none, or `use_bias=True` where it has one.",
        _bias,
    ),
    Entry(
        "transposed_kernel",
        "kernel not transposed, or turned round",
        "A square layer computes something else with every shape right.",
        "A `Linear` has (out, in) and computes `x @ weight.T`; a `Conv2d` has (out, in, height, width).",
        "A `Dense` has (in, out), a `Conv2D` (height, width, in, out): transpose what comes from PyTorch.",
        _transposed,
    ),
    Entry(
        "depthwise_layout",
        "layout of a depthwise kernel with a multiplier",
        "A depthwise convolution with more than one output a channel has its channels in another order.",
        "A grouped `Conv2d` has the outputs of each channel next to each other: (channel · multiplier, 1, height, width).",
        "A `DepthwiseConv2D` has (height, width, channel, multiplier): reshape before the axes are moved.",
        _depthwise,
    ),
    Entry(
        "channel_shuffle",
        "channels shuffled before a grouped convolution, or not",
        "A grouped convolution parts with every shape right.",
        "Shuffle as Keras does: (groups, channels / groups) transposed.",
        "Shuffle as PyTorch does; with channels last the axis is the last one.",
        _groups,
    ),
)  # fmt: skip
