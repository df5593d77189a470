"""The order of values, and what goes into the network: flattening, channels, range, parts that are joined or picked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from fixtures.corpora.batch import MEAN, STD  # of ImageNet, in the range of 0 to 1
from harness.frameworks.pytorch.walk.call import Call, Value
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

FLATTENING = {"flatten", "reshape", "view"}
FLATTENED = "PyTorch flattens (channels, height, width), TensorFlow (height, width, channels): permute the kernel of the next layer"
FLATTENED_LAST = "PyTorch flattens (height, width, channels), TensorFlow (channels, height, width)"
EARLIER, DEPTH = 8, 24  # of the values that a residual connection may begin at: how many, and how many calls before
CAFFE = (103.939, 116.779, 123.68)  # its mean, in the order blue, green, red


def _flattened(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name in FLATTENING and call.given and call.outputs:
            before, after = call.given[0].tensor, call.outputs[0].tensor
            shape = tuple(after.shape)
            if before.ndim > 2 and after.ndim == 2 and len(before) == len(after):
                yield FLATTENED_LAST, call.instead(lambda values, shape=shape: values.movedim(-1, 1).reshape(shape))  # type: ignore[misc]
                yield FLATTENED, call.instead(lambda values, shape=shape: values.movedim(1, -1).reshape(shape))  # type: ignore[misc]
            if before.ndim == 2 and after.ndim > 2:
                last = (shape[0], *shape[2:], shape[1])
                told = "PyTorch shapes to (channels, height, width), TensorFlow to (height, width, channels)"
                yield told, call.instead(lambda values, last=last: values.reshape(last).movedim(-1, 1))  # type: ignore[misc]
            if before.ndim > 2 and after.ndim > 2:
                told = "the two frameworks read the values in another order when they shape them"
                yield told, call.instead(lambda values, shape=shape: values.movedim(1, -1).reshape(shape))  # type: ignore[misc]
                if before.ndim == 3:
                    yield told, call.instead(lambda values, shape=shape: values.transpose(1, 2).reshape(shape))  # type: ignore[misc]
    yield from _flattened_before(region)


def _flattened_before(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Flat values agree with what TensorFlow has not flattened yet, so that they are settled when the layer behind them parts."""
    for call in region:
        flat = _flat(call.given[0].call) if call.given and call.weights else None
        if flat is not None and flat not in region:
            shape, size = tuple(flat.given[0].tensor.shape), tuple(flat.outputs[0].tensor.shape)
            if len(shape) > 2 and len(size) == 2 and shape[0] == size[0] and max(shape[2:]) > 1:
                yield FLATTENED, call.wrapped(before=lambda values, shape=shape: values.reshape(shape).movedim(1, -1).flatten(1))  # type: ignore[misc]
                yield FLATTENED_LAST, call.wrapped(before=lambda values, shape=shape: values.reshape(shape).movedim(-1, 1).flatten(1))  # type: ignore[misc]


def _flat(maker: Call | None) -> Call | None:
    """The call that has flattened a value, if it is more than dropped out since."""
    while maker is not None and maker.name == "dropout" and maker.given:
        maker = maker.given[0].call
    return maker if maker is not None and maker.name in FLATTENING and maker.given and maker.outputs else None


def _of_the_input(region: Sequence[Call]) -> Iterator[Call]:
    return (call for call in region if call.weights and call.given and call.given[0].tensor.is_floating_point())


def _channels(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _of_the_input(region):
        given = call.given[0].tensor
        if given.ndim == 4 and given.shape[1] in (3, 4):
            told = "the channels go in as red, green, blue in one of them, as blue, green, red in the other"
            yield told, call.wrapped(before=lambda values: values.flip(1))


def _range(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _of_the_input(region):
        for name, change in _ranges(call.given[0].tensor).items():
            yield f"TensorFlow computes {name} of what PyTorch takes as it is", call.wrapped(before=change)


def _ranges(given: Any) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {
        "x / 255": lambda values: values / 255,
        "255 x": lambda values: values * 255,
        "x / 127.5 - 1": lambda values: values / 127.5 - 1,
        "(x + 1) · 127.5": lambda values: (values + 1) * 127.5,
        "2 x - 1": lambda values: 2 * values - 1,
        "(x + 1) / 2": lambda values: (values + 1) / 2,
        "x / 128 - 1": lambda values: values / 128 - 1,
        "x - 0.5": lambda values: values - 0.5,
    }
    if given.ndim == 4 and given.shape[1] == 3:
        mean, deviation, caffe = (
            torch.tensor(each, dtype=given.dtype, device=given.device).reshape(1, 3, 1, 1) for each in (MEAN, STD, CAFFE)
        )
        found |= {
            "(x - mean) / deviation, of ImageNet,": lambda values: (values - mean) / deviation,
            "x · deviation + mean, of ImageNet,": lambda values: values * deviation + mean,
            "(x / 255 - mean) / deviation, of ImageNet,": lambda values: (values / 255 - mean) / deviation,
            "x - mean, of ImageNet,": lambda values: values - mean,
            "x / deviation, of ImageNet,": lambda values: values / deviation,
            "x / deviation / 255, of ImageNet,": lambda values: values / 255 / deviation.sqrt(),
            "x - Caffe's mean": lambda values: values - caffe.flip(1),
            "x, turned to blue, green, red, - Caffe's mean": lambda values: values.flip(1) - caffe,
            "x + Caffe's mean": lambda values: values + caffe.flip(1),
        }
    return found


def _joined(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name in ("cat", "concat") and len(call.given) == 2:
            one, two = call.given
            axis = call.get("dim", call.kwargs.get("dim", 0))
            told = "PyTorch joins one before the other, TensorFlow the other way round"
            yield told, call._like(lambda first, second, axis=axis: torch.cat([second, first], axis), (one, two), {})
        if call.name in ("sub", "div", "true_divide") and len(call.given) == 2:
            function = call.function
            yield (
                "the two operands are exchanged in one of them",
                call._like(lambda first, second, f=function: f(second, first), tuple(call.given), {}),
            )


def _picked(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Of a sequence: the last place, the first one, or the mean."""
    choices: dict[str, Callable[[Any], Any]] = {
        "the first place": lambda values: values[:, 0],
        "the last place": lambda values: values[:, -1],
        "the mean of all places": lambda values: values.mean(1),
        "the largest of all places": lambda values: values.amax(1),
    }
    for call in region:
        if call.name in ("truediv", "div") and (values := _averaged(call)) is not None:
            for name, pick in choices.items():
                yield f"PyTorch takes a mean that is written out, TensorFlow {name}", call._like(pick, (values,), {})
        if call.name in ("__getitem__", "select", "mean", "amax") and len(call.given) == 1:
            before, after = call.given[0].tensor, call.outputs[0].tensor
            if before.ndim == 3 and after.shape == (before.shape[0], before.shape[2]):
                own = next((name for name, pick in choices.items() if torch.equal(pick(before), after)), call.told())
                for name, pick in choices.items():
                    if name != own:
                        yield f"PyTorch takes {own}, TensorFlow {name}", call.instead(pick)


def _averaged(quotient: Call) -> Value | None:
    """The sequence whose sum over its places, or over those that are not masked, is divided by their number."""
    total = quotient.given[0].call
    product = total.given[0].call if total is not None and total.name == "sum" and total.given else None
    found = [*(product.given if product is not None and product.name == "mul" else ()), *(total.given if total is not None else ())]
    shape = tuple(quotient.outputs[0].tensor.shape)
    return next((each for each in found if each.tensor.ndim == 3 and (*each.tensor.shape[:1], *each.tensor.shape[2:]) == shape), None)


def _residual(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name == "add" and len(call.given) == 2:
            for keeps, name in ((0, "the first alone"), (1, "the second alone")):
                yield (
                    f"PyTorch adds two values, TensorFlow takes {name}",
                    call._like(lambda *both, keeps=keeps: both[keeps], tuple(call.given), {}),
                )


def behind(calls: Sequence[Call]) -> Iterator[tuple[str, str, Call]]:
    """A residual connection that PyTorch's network has not: to what gives a value, one is added that led to it."""
    for call in calls:
        for earlier in _earlier(call):
            told = "TensorFlow adds what has gone in before, PyTorch does not"
            yield "residual", told, call.wrapped(after=lambda values, added=earlier: values + added)  # type: ignore[misc]


def _earlier(call: Call) -> list[Any]:
    """Tensors of the same shape, the nearest first."""
    found: list[Any] = []
    left = [(value, 1) for value in call.given]
    while left and len(found) < EARLIER:
        value, depth = left.pop(0)
        if call.outputs and value.tensor.shape == call.outputs[0].tensor.shape and not any(value.tensor is each for each in found):
            found.append(value.tensor)
        if value.call is not None and depth < DEPTH:
            left += [(each, depth + 1) for each in value.call.given]
    return found


ENTRIES = (
    Entry(
        "flatten_order",
        "flattening (channels, height, width) ↔ (height, width, channels)",
        "The first dense layer behind a convolution parts; sizes are equal.",
        "Flatten `x.permute(0, 2, 3, 1)`, or permute the dense kernel's inputs.",
        "Permute to channels first before `Flatten`, as `keras.ops.transpose(x, (0, 3, 1, 2))`, or permute the dense kernel's inputs.",
        _flattened,
    ),
    Entry(
        "channel_order",
        "order of the input's channels: RGB ↔ BGR",
        "The first layer parts.",
        "Take the order that Keras' network takes: `x.flip(1)` turns it.",
        "Take the order that PyTorch's network takes: `x[..., ::-1]` turns it; some `preprocess_input` do.",
        _channels,
    ),
    Entry(
        "input_range",
        "range or mean of the input",
        "The first layer parts.",
        "Do not scale in the network, or scale in both.",
        "Take `Rescaling` and `Normalization` out of the network, or put them into both: some `keras.applications` have them inside.",
        _range,
    ),
    Entry(
        "place_of_a_sequence",
        "which place of a sequence is taken: first ↔ last ↔ mean",
        "The layer behind a recurrent or attention layer parts.",
        "Take the place that Keras' network takes.",
        "Take the place that PyTorch's network takes; `return_sequences=False` is the last one.",
        _picked,
    ),
    Entry(
        "operands",
        "two values joined, subtracted or divided the other way round",
        "The layer behind parts; sizes are equal.",
        "Exchange the two as Keras has them.",
        "Exchange the two as PyTorch has them.",
        _joined,
    ),
    Entry(
        "residual",
        "residual connection missing",
        "The layer behind an addition parts.",
        "Add what Keras' network adds.",
        "Add what PyTorch's network adds.",
        _residual,
    ),
)  # fmt: skip
