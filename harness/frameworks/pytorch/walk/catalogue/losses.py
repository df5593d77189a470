"""Losses: smoothing, what the mean is over, what logits go through, and which loss it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call, Value
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

CROSS_ENTROPIES = {"cross_entropy_loss"}
OF_LOGITS = {"cross_entropy_loss", "binary_cross_entropy_with_logits"}
DISTANCES: dict[str, Callable[[Any, Any], Any]] = {
    "the mean of the squares": functional.mse_loss,
    "the mean of the sizes": functional.l1_loss,
    "a Huber loss with a delta of 1": functional.huber_loss,
    "a Huber loss with a delta of 0.5": lambda found, target: functional.huber_loss(found, target, delta=0.5),
    "half the mean of the squares": lambda found, target: functional.mse_loss(found, target) / 2,
    "the root of the mean of the squares": lambda found, target: functional.mse_loss(found, target).sqrt(),
    "the logarithm of the hyperbolic cosine": lambda found, target: (found - target).cosh().log().mean(),
    "the mean of the squares of logarithms": lambda found, target: functional.mse_loss(_logarithm(found), _logarithm(target)),
}
NAMES = {
    "mse_loss": "the mean of the squares",
    "l1_loss": "the mean of the sizes",
    "huber_loss": "a Huber loss with a delta of 1",
    "smooth_l1_loss": "a Huber loss with a delta of 1",
}
LOSSES = {*OF_LOGITS, *NAMES, "nll_loss_nd", "binary_cross_entropy", "kl_div"}
SMOOTHINGS = (0.1, 0.05, 0.2, 0.01, 0.02, 0.15, 0.25, 0.3, 0.5)
FUZZ = 1e-7  # Keras' epsilon
SUM = 2  # torch's number of the reduction


def _logarithm(values: Any) -> Any:
    """As Keras' mean squared logarithmic error has it."""
    return values.clamp_min(FUZZ).log1p()


def _losses(region: Sequence[Call], *names: str) -> Iterator[Call]:
    return (call for call in region if call.name in (names or LOSSES) and call.given)


def _smoothing(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _losses(region, *CROSS_ENTROPIES):
        own = float(call.get("label_smoothing"))
        for smoothing in (0.0, *SMOOTHINGS):
            if not math.isclose(own, smoothing):
                yield f"label smoothing is {own:g} in PyTorch, {smoothing:g} in TensorFlow", call.altered(label_smoothing=smoothing)
    for call in _losses(region, "binary_cross_entropy_with_logits"):
        target = call.get("target")
        for smoothing in SMOOTHINGS:
            told = f"label smoothing is 0 in PyTorch, {smoothing:g} in TensorFlow"
            yield told, call.with_operand(target, _smoothed(smoothing))
            told = f"label smoothing is {smoothing:g} in PyTorch, 0 in TensorFlow"
            yield told, call.with_operand(target, _sharpened(smoothing))


def _smoothed(by: float) -> Callable[[Any], Any]:
    return lambda target: target * (1 - by) + by / 2


def _sharpened(by: float) -> Callable[[Any], Any]:
    return lambda target: (target - by / 2) / (1 - by)


def _reduction(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """The factor between a sum and means over this or that count."""
    for call in (*_losses(region), *_means(region)):
        given, found = call.given[0].tensor, call.outputs[0].tensor
        if found.ndim == 0:
            yield from _factors(call, tuple(given.shape), _is_sum(call))


def _times(factor: float) -> Callable[[Any], Any]:
    return lambda found: found * factor


def _means(region: Sequence[Call]) -> Iterator[Call]:
    """The last step of a loss that is written out."""
    return (call for call in region if call.name in ("mean", "sum") and call.given and call.outputs[0].tensor.ndim == 0)


def _is_sum(call: Call) -> bool:
    return call.name == "sum" or call.get("reduction") == SUM


def _factors(call: Call, shape: tuple[int, ...], is_sum: bool) -> Iterator[tuple[str, Call]]:
    classes = shape[1] if call.name in ("cross_entropy_loss", "nll_loss_nd") and len(shape) > 1 else 1
    every = math.prod(shape) // classes
    own = 1 if is_sum else every
    counts = {
        "takes the sum": 1,
        "divides the sum by the batch": shape[0] if shape else 1,
        "takes the mean of all values": every,
        "divides the sum by all values, those of all classes": math.prod(shape),
        "divides the sum by the classes": classes,
        "divides the sum by the values of an item": every // shape[0] if shape else 1,
    }
    ours = "takes the sum" if is_sum else "takes the mean of all values"
    for name, count in counts.items():
        if count != own:
            yield f"PyTorch's loss {ours}, TensorFlow's {name}", call.wrapped(after=_times(own / count))


def _activated(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """A loss of logits is given probabilities, or one of probabilities logits."""
    for call in _losses(region, *OF_LOGITS):
        is_binary = call.name != "cross_entropy_loss"
        if is_binary:
            name, before, taken = "sigmoid", torch.sigmoid, _logits_of_probabilities
        else:
            name, before, taken = "softmax", _softmax, _logarithms_of_probabilities
        source = call.given[0].call
        if source is not None and source.name == name:
            told = f"PyTorch puts a {name} before a loss of logits, TensorFlow does not"
            yield told, call.altered(input=source.given[0])
        yield f"TensorFlow puts a {name} before a loss of logits, PyTorch does not", call.wrapped(before=before)
        yield "PyTorch's loss takes logits, TensorFlow's takes them for probabilities (from_logits=False)", call.wrapped(before=taken)
    for call in _losses(region, "nll_loss_nd"):
        told = "PyTorch's loss takes logarithms of probabilities as they are, TensorFlow's makes them of logits"
        yield told, call.wrapped(before=lambda values: values.log_softmax(1))
    for call in _losses(region, "binary_cross_entropy"):
        yield "PyTorch's loss takes probabilities, TensorFlow's takes them for logits", call.altered(_of_logits)


def _softmax(values: Any) -> Any:
    return values.softmax(1 if values.ndim > 1 else 0)


def _logarithms_of_probabilities(values: Any) -> Any:
    """As Keras makes them."""
    return values.clamp(FUZZ, 1 - FUZZ).log()


def _logits_of_probabilities(values: Any) -> Any:
    return values.clamp(FUZZ, 1 - FUZZ).logit()


def _of_logits(input: Any, target: Any, weight: Any, reduction: int) -> Any:
    return functional.binary_cross_entropy_with_logits(input, target, weight, reduction="sum" if reduction == SUM else "mean")


def _weighted(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _losses(region, "cross_entropy_loss", "nll_loss_nd", "binary_cross_entropy_with_logits", "binary_cross_entropy"):
        weight = call.get("weight")
        if weight is not None:
            yield "PyTorch's loss has weights of the classes, TensorFlow's has none", call.altered(weight=None)
            if call.name in ("cross_entropy_loss", "nll_loss_nd"):
                told = "PyTorch divides by the sum of the weights of all items, TensorFlow by their number"
                yield told, call.altered(_by_number(call.function))
        if call.get("pos_weight") is not None:
            yield "PyTorch's loss has a weight of what is true, TensorFlow's has none", call.altered(pos_weight=None)


def _by_number(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(**held: Any) -> Any:
        reduction = list(held).index("reduction")
        each = function(*(value if place != reduction else 0 for place, value in enumerate(held.values())))
        return each.mean()

    return compute


def _ignored(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _losses(region, "cross_entropy_loss", "nll_loss_nd"):
        own, target = int(call.get("ignore_index")), call.get("target")
        held = getattr(target, "tensor", target)
        if held.is_floating_point():
            continue
        if own >= 0:
            yield f"PyTorch's loss leaves out class {own}, TensorFlow's takes it, too", call.altered(ignore_index=-100)
        if own != 0:
            yield "PyTorch's loss takes class 0 as any other, TensorFlow's leaves it out", call.altered(ignore_index=0)


def _distance(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _losses(region, *NAMES):
        found, target = _operands(call)
        if target is None or _is_sum(call):
            continue
        own = f"a Huber loss with a delta of {call.args[3]:g}" if call.name == "huber_loss" and len(call.args) > 3 else NAMES[call.name]
        for name, function in DISTANCES.items():
            if name != own:
                yield f"PyTorch's loss is {own}, TensorFlow's {name}", call._like(function, (found, target), {})


def _operands(call: Call) -> tuple[Any, Any]:
    found = call.given[0]
    target = next((each for each in call.args if each is not found and isinstance(each, Value | torch.Tensor)), None)
    return found, target


ENTRIES = (
    Entry(
        "label_smoothing",
        "label smoothing",
        "The loss parts, the outputs agree.",
        "Write `label_smoothing=` as Keras' loss has it. The default is 0.",
        "Write `label_smoothing=` of `CategoricalCrossentropy` as PyTorch's loss has it: `SparseCategoricalCrossentropy` has none.",
        _smoothing,
    ),
    Entry(
        "loss_of_logits",
        "softmax or sigmoid before a loss of logits",
        "The loss parts, or trains slowly; it does not fall below a bound.",
        "`F.cross_entropy` and `F.binary_cross_entropy_with_logits` take logits: put nothing before them.",
        "Write `from_logits=True` for logits, or leave it out for probabilities, whichever the network gives.",
        _activated,
    ),
    Entry(
        "loss_reduction",
        "mean ↔ sum of a loss, and what the mean is over",
        "The loss parts by a whole factor, gradients by the same.",
        "Write `reduction=` as Keras' loss has it, or divide the sum by what Keras divides by.",
        'Write `reduction="sum_over_batch_size"` for the mean of all values, "sum" for their sum.',
        _reduction,
    ),
    Entry(
        "class_weights",
        "weights of the classes",
        "The loss parts, the outputs agree.",
        "`weight=` has the mean divided by the sum of the weights: leave it out where Keras' loss has none.",
        "Weigh each item's loss by its class, and divide by the sum of the weights, as PyTorch's `weight=` does.",
        _weighted,
    ),
    Entry(
        "ignored_class",
        "class that a loss leaves out",
        "The loss parts where a target is of that class.",
        "Write `ignore_index=` as Keras' loss has `ignore_class`.",
        "Write `ignore_class=` as PyTorch's loss has `ignore_index`, and divide by what is left.",
        _ignored,
    ),
    Entry(
        "loss",
        "another loss: squares ↔ sizes ↔ Huber",
        "The loss parts, the outputs agree.",
        "Take the loss that Keras' network is trained by.",
        "Take the loss that PyTorch's network is trained by.",
        _distance,
    ),
)  # fmt: skip
