"""Pooling: padding, what is counted, kind and size."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.convolutions import each_axis, same_pads
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

AXES = {"max_pool1d": 1, "max_pool2d": 2, "max_pool3d": 3, "avg_pool1d": 1, "avg_pool2d": 2, "avg_pool3d": 3}
LEAST = -1e300


def _pools(region: Sequence[Call]) -> Iterator[Call]:
    return (call for call in region if call.name in AXES and call.arguments() is not None)


def _geometry(call: Call) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, stride, padding and the sizes pooled over."""
    axes = AXES[call.name]
    kernel = each_axis(call.get("kernel_size"), axes)
    stride = call.get("stride")
    strides = kernel if stride is None or stride == [] else each_axis(stride, axes)
    return kernel, strides, each_axis(call.get("padding"), axes), tuple(int(each) for each in call.given[0].tensor.shape[-axes:])


def _padded(call: Call, pads: Sequence[tuple[int, int]], value: float, is_maximum: bool, counted: bool = True) -> Call:
    axes = AXES[call.name]
    kernel, strides, _, _ = _geometry(call)
    flat = tuple(itertools.chain.from_iterable(reversed(list(pads))))
    pool: Callable[..., Any] = getattr(functional, f"{'max' if is_maximum else 'avg'}_pool{axes}d")

    def compute(values: Any) -> Any:
        found = pool(functional.pad(values, flat, value=value), kernel, strides)
        if counted or is_maximum:
            return found
        return found / pool(functional.pad(values.new_ones(values.shape), flat), kernel, strides)

    return call.instead(compute)


def _is_maximum(call: Call) -> bool:
    return call.name.startswith("max")


def _choices(call: Call) -> dict[str, list[tuple[int, int]]]:
    kernel, strides, _, sizes = _geometry(call)
    same = [same_pads(*each) for each in zip(sizes, kernel, strides, strict=True)]
    half = [((size - 1) // 2,) * 2 for size in kernel]
    return {"as SAME does": same, "alike on both sides": half, "nothing": [(0, 0)] * len(kernel)}


def _before(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        if _is_maximum(call):
            for name, pads in _choices(call).items():
                if any(low or high for low, high in pads):
                    told = f"PyTorch pads what is never the largest, TensorFlow pads zeros before it pools, {name}"
                    yield told, _padded(call, pads, 0.0, True)
    yield from ((told, changed) for zeros, told, changed in _after_explicit_padding(region) if zeros)


def _padding(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        _, _, own, _ = _geometry(call)
        for name, pads in _choices(call).items():
            if pads != [(each, each) for each in own]:
                said = f"PyTorch's pooling pads {own[0]} on each side, TensorFlow's {name}"
                yield said, _padded(call, pads, LEAST if _is_maximum(call) else 0.0, _is_maximum(call))
                if not _is_maximum(call):
                    yield f"{said}, which is not counted", _padded(call, pads, 0.0, False, counted=False)
    yield from ((told, changed) for zeros, told, changed in _after_explicit_padding(region) if not zeros)


def _after_explicit_padding(region: Sequence[Call]) -> Iterator[tuple[bool, str, Call]]:
    """Where a call of its own pads before a maximum: whether that pads zeros, and other paddings."""
    for call in _pools(region):
        before = call.given[0].call if _is_maximum(call) else None
        if before is None or before not in region or before.name != "pad" or before.arguments() is None:
            continue
        value = before.get("value") or 0.0
        told = f"PyTorch pads {value:g} before it pools, TensorFlow what is never the largest"
        yield value == 0.0, told, before.altered(value=LEAST)
        kernel, strides, _, _ = _geometry(call)
        inner = tuple(int(each) for each in before.given[0].tensor.shape[-len(kernel) :])
        same = [same_pads(*each) for each in zip(inner, kernel, strides, strict=True)]
        for pads in (same, [((size - 1) // 2,) * 2 for size in kernel]):
            flat = tuple(itertools.chain.from_iterable(reversed(pads)))
            if flat != tuple(before.get("pad")):
                yield (
                    False,
                    f"PyTorch pads {tuple(before.get('pad'))} before it pools, TensorFlow {flat}",
                    before.altered(pad=flat, value=LEAST),
                )


def _counted(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        if not _is_maximum(call) and any(_geometry(call)[2]):
            counts = bool(call.get("count_include_pad", True))
            told = (
                "PyTorch's mean counts what is padded, TensorFlow's does not"
                if counts
                else "TensorFlow's mean counts what is padded, PyTorch's does not"
            )
            yield told, call.altered(count_include_pad=not counts)


def _ceiling(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        rounds_up = bool(call.get("ceil_mode"))
        ours, theirs = ("up", "down") if rounds_up else ("down", "up")
        yield f"PyTorch rounds the size {ours}, TensorFlow {theirs}", call.altered(ceil_mode=not rounds_up)


def _kind(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        _, _, own, _ = _geometry(call)
        pads = [(each, each) for each in own]
        ours, theirs = ("the largest value", "the mean") if _is_maximum(call) else ("the mean", "the largest value")
        for value in (0.0,) if _is_maximum(call) else (LEAST, 0.0):
            yield f"PyTorch pools to {ours}, TensorFlow to {theirs}", _padded(call, pads, value, not _is_maximum(call))
        if _is_maximum(call):
            yield f"PyTorch pools to {ours}, TensorFlow to {theirs}", _padded(call, pads, 0.0, False, counted=False)
    for call in region:
        if call.name in ("adaptive_avg_pool2d", "mean") and call.given and call.given[0].tensor.ndim in (3, 4):
            axes = tuple(range(2, call.given[0].tensor.ndim)) if call.name != "mean" else call.get("dim")
            if axes is not None:
                keeps = call.outputs[0].tensor.ndim == call.given[0].tensor.ndim
                told = "PyTorch pools to the mean, TensorFlow to the largest value"
                yield told, call.instead(lambda values, axes=axes, keeps=keeps: values.amax(axes, keepdim=keeps))  # type: ignore[misc]
        if call.name in ("adaptive_max_pool2d", "amax") and call.given and call.given[0].tensor.ndim == 4:
            keeps = call.outputs[0].tensor.ndim == 4
            told = "PyTorch pools to the largest value, TensorFlow to the mean"
            yield told, call.instead(lambda values, keeps=keeps: values.mean((2, 3), keepdim=keeps))  # type: ignore[misc]


def _size(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _pools(region):
        kernel, strides, _, _ = _geometry(call)
        for size in (2, 3, 4):
            for stride in (1, 2, 3):
                if (size, stride) != (kernel[0], strides[0]):
                    told = f"PyTorch pools {kernel[0]} at stride {strides[0]}, TensorFlow {size} at stride {stride}"
                    for padding in (0, 1) if size > 2 else (0,):
                        yield told, call.altered(kernel_size=size, stride=stride, padding=padding)


ENTRIES = (
    Entry(
        "ceil_mode",
        "size of a pooling rounded up ↔ down",
        "A pooling gives one value more or less.",
        "Write `ceil_mode` as Keras' SAME (up) or VALID (down).",
        'Write `padding="same"` for a size rounded up, "valid" for one rounded down.',
        _ceiling,
    ),
    Entry(
        "pool_padding",
        "padding of a pooling",
        "A pooling parts at the borders, or gives another size.",
        "Write `padding=` as Keras' layer pads; SAME at stride 2 pads at the end.",
        "Pad by a layer of its own, as PyTorch's `padding` does on both sides.",
        _padding,
    ),
    Entry(
        "padding_before_pooling",
        "zeros padded before a maximum ↔ padding that is never the largest",
        "The largest values at the borders differ where all values are below zero.",
        "`MaxPool2d(padding=…)` pads minus infinity; for zeros write `F.pad(x, …)` before it.",
        'A `ZeroPadding2D` before the pooling pads zeros; for minus infinity write `padding="same"` where that pads alike.',
        _before,
    ),
    Entry(
        "count_include_pad",
        "mean over what is padded, too ↔ over the values alone",
        "An average pooling parts at the borders.",
        "Write `count_include_pad=False`: Keras' SAME counts the values alone.",
        'Write `ZeroPadding2D` and `padding="valid"`: PyTorch counts what is padded unless `count_include_pad=False`.',
        _counted,
    ),
    Entry(
        "pool_kind",
        "maximum ↔ mean",
        "A pooling parts everywhere.",
        "Take the pooling that Keras has.",
        "Take the pooling that PyTorch has.",
        _kind,
    ),
    Entry(
        "pool_size",
        "size or stride of a pooling",
        "A pooling gives another size.",
        "Write `kernel_size` and `stride` as Keras has them; the default stride is the size in both.",
        "Write `pool_size` and `strides` as PyTorch has them.",
        _size,
    ),
)  # fmt: skip
