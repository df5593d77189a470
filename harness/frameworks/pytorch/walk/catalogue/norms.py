"""Normalisation: epsilon, axis, scale and shift, batch statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

NORMS = {"batch_norm", "layer_norm", "group_norm", "rms_norm", "instance_norm"}
EPSILONS = (1e-3, 1e-5, 1e-6, 1.001e-5, 1e-12, 1e-7, 1e-8, 1e-4, 1e-2, 2e-5, 1e-1, 0.0)


def _norms(region: Sequence[Call], *names: str) -> Iterator[Call]:
    return (call for call in region if call.name in (names or NORMS) and call.arguments() is not None)


def _epsilon(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region):
        own = call.get("eps")
        for epsilon in EPSILONS:
            if own is None or not math.isclose(epsilon, own, rel_tol=1e-9):
                yield f"epsilon is {_number(own)} in PyTorch, {_number(epsilon)} in TensorFlow", call.altered(eps=epsilon)


def _frozen(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region, "batch_norm"):
        if call.get("running_mean") is not None:
            takes = bool(call.get("training"))
            ours, theirs = ("the batch's", "the running") if takes else ("the running", "the batch's")
            told = f"PyTorch's batch norm takes {ours} statistics, TensorFlow's {theirs} ones"
            yield told, call.altered(training=not takes)


def _affine(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region):
        if call.get("weight") is not None:
            yield "PyTorch's norm has a scale, TensorFlow's has none", call.altered(weight=None)
            yield "PyTorch's norm has a scale, TensorFlow's adds 1 to it", call.altered(weight=call.get("weight") + 1)
            yield "PyTorch's norm adds 1 to its scale, TensorFlow's does not", call.altered(weight=call.get("weight") - 1)
        if call.get("bias") is not None:
            yield "PyTorch's norm has a shift, TensorFlow's has none", call.altered(bias=None)


def _axis(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region, "layer_norm"):
        given = call.given[0].tensor
        own = len(call.get("normalized_shape"))
        for axes in _axes(given.ndim, own):
            said = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
            ours = "the last axis" if own == 1 else f"the last {own} axes"
            yield f"PyTorch normalises over {ours}, TensorFlow over {said} (of PyTorch's)", call.altered(_over(axes))
    for call in _norms(region, "group_norm"):
        channels = call.given[0].tensor.shape[1]
        own = call.get("num_groups")
        for groups in {1, 2, 4, 8, 16, 32, channels} - {own}:
            if channels % groups == 0:
                yield f"PyTorch has {own} groups of channels, TensorFlow {groups}", call.altered(num_groups=groups)


def _axes(rank: int, own: int) -> Iterator[tuple[int, ...]]:
    for first in range(1, rank):
        for last in range(first, rank):
            axes = tuple(range(first, last + 1))
            if axes != tuple(range(rank - own, rank)):
                yield axes


def _over(axes: tuple[int, ...]) -> Any:
    """A layer norm over other axes; its scale and shift stay those of the last ones, or are spread over an axis as long as they are."""

    def compute(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float, cudnn_enable: bool) -> Any:  # noqa: ARG001
        centred = input - input.mean(axes, keepdim=True)
        normalised = centred / (centred.square().mean(axes, keepdim=True) + eps).sqrt()
        shape = [1] * input.ndim
        if weight is not None and weight.ndim == 1 and len(axes) == 1 and input.shape[axes[0]] == weight.shape[0]:
            shape[axes[0]] = -1
            weight, bias = weight.reshape(shape), None if bias is None else bias.reshape(shape)
        scaled = normalised if weight is None else normalised * weight
        return scaled if bias is None else scaled + bias

    return compute


def _deviation(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region, "layer_norm"):
        yield "PyTorch's variance is divided by n, TensorFlow's by n - 1", call.altered(_layer_norm(unbiased=True, outside=False))
        yield "PyTorch adds epsilon to the variance, TensorFlow to the deviation", call.altered(_layer_norm(unbiased=False, outside=True))
        yield (
            "PyTorch adds epsilon to a variance over n, TensorFlow to a deviation over n - 1",
            call.altered(_layer_norm(unbiased=True, outside=True)),
        )
        yield "PyTorch takes the mean off, TensorFlow divides by the root mean square alone", call.altered(_root_mean_square)

    yield from _written_out(region)


def _written_out(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """A norm of the user's own, by arithmetic: the whole region computes it from one value, with a scale and perhaps a shift."""
    inside = {call.place for call in region}
    starts = {id(value): value for call in region for value in call.given if value.call is None or value.call.place not in inside}
    last = region[-1]
    start = next((each for each in starts.values() if all(other is each or _follows(other, each) for other in starts.values())), None)
    if start is None or not last.weights or len(region) < 3 or any(call.name in NORMS for call in region):
        return
    scale, shift = (_vector(region, names, start.tensor.shape[-1:]) for names in (("mul", "__rmul__"), ("add", "__radd__")))
    if scale is not None and last.outputs[0].tensor.shape == start.tensor.shape:
        for epsilon in EPSILONS:
            yield (
                f"PyTorch's norm is written out, TensorFlow's is a layer norm: variance over n, an epsilon of {_number(epsilon)}",
                last._like(
                    lambda given, epsilon=epsilon: functional.layer_norm(given, given.shape[-1:], scale, shift, epsilon), (start,), {}
                ),
            )


def _follows(value: Any, start: Any, calls: int = 3) -> bool:
    """Whether it is computed from the other by a few calls, as a mean that is the same in both frameworks is."""
    given = value.call.given if value.call is not None and calls else []
    return any(each is start or _follows(each, start, calls - 1) for each in given)


def _vector(region: Sequence[Call], names: Sequence[str], shape: Any) -> Any:
    """What a call of one of those names multiplies by or adds."""
    given = (each for call in region if call.name in names for each in call.args if isinstance(each, torch.Tensor))
    return next((each for each in given if each.shape == shape), None)


def _layer_norm(unbiased: bool, outside: bool) -> Any:
    def compute(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float, cudnn_enable: bool) -> Any:  # noqa: ARG001
        axes = tuple(range(-len(normalized_shape), 0))
        variance = input.var(axes, correction=int(unbiased), keepdim=True)
        size = variance.sqrt() + eps if outside else (variance + eps).sqrt()
        found = (input - input.mean(axes, keepdim=True)) / size
        found = found if weight is None else found * weight
        return found if bias is None else found + bias

    return compute


def _root_mean_square(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float, cudnn_enable: bool) -> Any:  # noqa: ARG001
    found = functional.rms_norm(input, normalized_shape, weight, eps)
    return found if bias is None else found + bias


def _missing(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _norms(region):
        yield "PyTorch's network has a norm, TensorFlow's has none there", call.instead(lambda values: values)
    for call in region:
        if call.weights and call.name not in NORMS and call.given and call.given[0].tensor.is_floating_point():
            for told, normalise in _new(call.given[0].tensor):
                yield told, call.wrapped(before=normalise)


def behind(calls: Sequence[Call]) -> Iterator[tuple[str, str, Call]]:
    for call in calls:
        for told, normalise in _new(call.outputs[0].tensor) if call.outputs else ():
            yield "norm_missing", told, call.wrapped(after=normalise)


def _new(values: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """A layer norm as it is before it has learnt anything: no layer of PyTorch's has its scale and shift."""
    for epsilon in EPSILONS[:5] if values.ndim > 1 and values.is_floating_point() else ():
        yield (
            f"TensorFlow's network has a layer norm there, PyTorch's has none (epsilon {_number(epsilon)})",
            lambda given, epsilon=epsilon: functional.layer_norm(given, given.shape[-1:], eps=epsilon),  # type: ignore[misc]
        )


def _number(value: float | None) -> str:
    return f"{torch.finfo(torch.float32).eps:g} (the type's own)" if value is None else f"{value:.6g}"


ENTRIES = (
    Entry(
        "epsilon",
        "epsilon of a normalisation",
        "Every norm parts a little, more where the variance is small.",
        "Write `eps=` as Keras has it. Defaults: batch norm and layer norm 1e-5.",
        "Write `epsilon=` as PyTorch has it. Defaults: 1e-3; `keras.applications` has 1e-3 and 1.001e-5.",
        _epsilon,
    ),
    Entry(
        "frozen_norm",
        "frozen batch norm that goes on with the batch's statistics",
        "Inference agrees, the training loss does not.",
        "`requires_grad=False` does not freeze statistics: call `.eval()` on the norm after `.train()` of the network.",
        "`trainable=False` has a batch norm run in inference mode; `training=False` in the call does, too.",
        _frozen,
    ),
    Entry(
        "norm_affine",
        "scale or shift of a normalisation missing",
        "A norm parts by a factor or a constant for each channel.",
        "`affine`, `elementwise_affine` and `bias` of a norm are to be as Keras' `scale` and `center`.",
        "Write `scale` and `center` as PyTorch's norm has them; some `keras.applications` have `scale=False`.",
        _affine,
    ),
    Entry(
        "norm_axis",
        "axes that a layer norm, or groups that a group norm, is over",
        "A norm parts with every shape right.",
        "`normalized_shape` counts from the last axis: with channels first permute before, as `LayerNorm2d` does.",
        "Write `axis` so that it names the axes that PyTorch's norm is over.",
        _axis,
    ),
    Entry(
        "norm_deviation",
        "deviation of a layer norm: over n ↔ n - 1, epsilon in or outside the root, mean taken off or not",
        "Every norm parts by nearly the same small factor.",
        "Use `torch.nn.LayerNorm`: variance over n, epsilon added to it.",
        "Use `keras.layers.LayerNormalization`: variance over n, epsilon added to it.",
        _deviation,
    ),
    Entry(
        "norm_missing",
        "normalisation missing",
        "What goes into the next layer has another size.",
        "Put the norm in, or take it out, as Keras' network has it.",
        "Put the norm in, or take it out, as PyTorch's network has it.",
        _missing,
    ),
)  # fmt: skip
