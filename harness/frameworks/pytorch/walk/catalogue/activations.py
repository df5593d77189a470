"""Activations: which, where, how often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

Function = Callable[[Any], Any]


ADDED = "activation_added"


def _identity(values: Any) -> Any:
    return values


GELUS: dict[str, Function] = {
    "GELU exact": functional.gelu,
    "GELU by tanh": lambda values: functional.gelu(values, approximate="tanh"),
    "GELU by sigmoid(1.702 x)": lambda values: values * torch.sigmoid(1.702 * values),
}
HARD: dict[str, Function] = {
    "hard-swish, x · relu6(x + 3) / 6": functional.hardswish,
    "hard-sigmoid, relu6(x + 3) / 6": functional.hardsigmoid,
    "hard-sigmoid, 0.2 x + 0.5 cut to 0 … 1": lambda values: (0.2 * values + 0.5).clamp(0, 1),
    "hard-swish with 0.2 x + 0.5": lambda values: values * (0.2 * values + 0.5).clamp(0, 1),
}
SLOPES: dict[str, Function] = {
    f"leaky ReLU with a slope of {slope:g}": (lambda values, slope=slope: functional.leaky_relu(values, slope))  # type: ignore[misc]
    for slope in (0.01, 0.3, 0.2, 0.1, 0.05, 0.25, 1 / 5.5)
}
OTHERS: dict[str, Function] = {
    "ReLU": functional.relu,
    "ReLU up to 6": functional.relu6,
    "SiLU": functional.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "ELU": functional.elu,
    "SELU": functional.selu,
    "Mish": functional.mish,
    "softsign": functional.softsign,
    "exponential": torch.exp,
    "softmax over the last axis": lambda values: values.softmax(-1),
    "softmax over the channels": lambda values: values.softmax(1),
    "log-softmax": lambda values: values.log_softmax(-1),
    "ReLU, squared": lambda values: functional.relu(values).square(),
}
EVERY = {**GELUS, **HARD, **SLOPES, **OTHERS}
FAMILIES = {"gelu": GELUS, "hard_activation": HARD, "slope": SLOPES}
NAMES = {
    "relu", "relu6", "hardtanh", "gelu", "silu", "sigmoid", "tanh", "softplus", "elu", "selu", "mish", "softsign", "exp", "leaky_relu",
    "celu", "hardswish", "hardsigmoid", "softmax", "log_softmax", "prelu", "rrelu", "logsigmoid", "clamp", "clamp_min", "threshold", "glu",
    "erf",
}  # fmt: skip
JOINED = {
    *NAMES,
    "mul",
    "add",
    "sub",
    "div",
    "pow",
    "square",
    "neg",
    "abs",
    "rsub",
    "true_divide",
    "__rsub__",
    "sqrt",
}  # what an activation is written of


def is_activation(call: Call) -> bool:
    return call.name in NAMES and len(call.given) == 1


def _chains(region: Sequence[Call]) -> Iterator[tuple[Call, Any, list[Call]]]:
    """Activations: calls of one, and rows of calls that compute one from a single value. The last call, the value, and all of them."""
    for call in region:
        if is_activation(call):
            yield call, call.given[0], [call]
    for last in region:
        chain = _written_out(last, region)
        if chain is not None and len(chain[1]) > 1:
            yield last, *chain


def _written_out(last: Call, region: Sequence[Call]) -> tuple[Any, list[Call]] | None:
    """The one value that it is computed from by arithmetic alone."""
    inside: list[Call] = []
    starts: dict[int, Any] = {}
    left = [last]
    while left:
        call = left.pop()
        if call in inside:
            continue
        if call.name not in JOINED or call.weights:
            return None
        inside.append(call)
        for value in call.given:
            maker = value.call
            if maker is not None and maker in region and maker.name in JOINED and not maker.weights and not value.agrees:
                left.append(maker)
            else:
                starts[id(value)] = value
    return (next(iter(starts.values())), inside) if len(starts) == 1 else None


def _what(call: Call, start: Any, others: Sequence[str]) -> str:
    """What the call computes, by name: of those of the family, and then of all."""
    with torch.no_grad():
        held = call.outputs[0].tensor
        for name in (*others, *EVERY):
            try:
                if torch.allclose(EVERY[name](start.tensor), held, rtol=1e-9, atol=1e-12):
                    return name
            except (RuntimeError, IndexError):
                continue
    return call.told()


def _replaced(region: Sequence[Call], entry: str) -> Iterator[tuple[str, Call]]:
    """By another of the same family."""
    family = FAMILIES[entry]
    for call, start, _ in _chains(region):
        own = _what(call, start, [*family])
        if own in family or _is_of(call, entry):
            for name, function in family.items():
                if name != own:
                    yield f"PyTorch has {own}, TensorFlow {name}", _put(call, start, function)


def _is_of(call: Call, entry: str) -> bool:
    return {"gelu": {"gelu"}, "hard_activation": {"hardswish", "hardsigmoid"}, "slope": {"leaky_relu"}}[entry] >= {call.name}


def _gelu(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    return _replaced(region, "gelu")


def _hard(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    return _replaced(region, "hard_activation")


def _slope(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    return _replaced(region, "slope")


def _missing(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call, start, _ in _chains(region):
        own = _what(call, start, ())
        yield f"PyTorch has {own}, TensorFlow nothing", _put(call, start, _identity)
        for name in (own,) if own in EVERY else ():
            yield (
                f"PyTorch has {name} once, TensorFlow twice",
                _put(call, start, lambda values, name=name: EVERY[name](EVERY[name](values))),  # type: ignore[misc]
            )


def _another(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call, start, _ in _chains(region):
        own = _what(call, start, ())
        for name, function in EVERY.items():
            if name != own:
                yield f"PyTorch has {own}, TensorFlow {name}", _put(call, start, function)


def _added(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """One more, before a layer, or behind the last call."""
    for call in region:
        if call.weights and not is_activation(call):
            for name, function in EVERY.items():
                yield f"PyTorch has nothing before it, TensorFlow {name}", call.wrapped(before=function)
    if region and not is_activation(region[-1]):
        for name, function in EVERY.items():
            yield f"PyTorch has nothing behind it, TensorFlow {name}", region[-1].wrapped(after=function)


def behind(calls: Sequence[Call]) -> Iterator[tuple[str, str, Call]]:
    for call in calls:
        for name, function in EVERY.items():
            yield ADDED, f"PyTorch has nothing behind it, TensorFlow {name}", call.wrapped(after=function)


def _put(call: Call, start: Any, function: Function) -> Call:
    """The function of the chain's start in the place of its last call."""
    return call._like(function, (start,), {})


ENTRIES = (
    Entry(
        "gelu",
        "GELU: exact ↔ by tanh ↔ by a sigmoid",
        "The dense layer behind it parts by about 1e-3 deviations.",
        'Write `nn.GELU()` for the exact one, `nn.GELU(approximate="tanh")` for the other.',
        "Write `keras.activations.gelu(x, approximate=False)` for the exact one: many ported models have the one by tanh.",
        _gelu,
    ),
    Entry(
        "hard_activation",
        "hard-swish and hard-sigmoid in another definition",
        "The layer behind it parts by a few hundredths.",
        "`nn.Hardsigmoid` and `nn.Hardswish` compute with relu6(x + 3) / 6.",
        "`hard_sigmoid` of Keras 3 is relu6(x + 3) / 6; before, and in code carried over from it, it was 0.2 x + 0.5.",
        _hard,
    ),
    Entry(
        "slope",
        "slope of a leaky ReLU",
        "The layer behind it parts where values are negative.",
        "Write `negative_slope=` as Keras has it. The default is 0.01.",
        "Write `negative_slope=` as PyTorch has it. The default is 0.3, of `keras.ops.leaky_relu` 0.2.",
        _slope,
    ),
    Entry(
        "activation_missing",
        "activation missing, or applied twice",
        "The layer behind it parts; of a doubled ReLU nothing is seen, of others it is.",
        "Put the activation where Keras has it; a layer there may hold one as `activation=`.",
        "Put the activation where PyTorch has it, once: either `activation=` or a layer of its own.",
        _missing,
    ),
    Entry(
        "activation",
        "another activation",
        "The layer behind it parts.",
        "Take the activation that Keras has.",
        "Take the activation that PyTorch has.",
        _another,
    ),
    Entry(
        ADDED,
        "activation that only one of them has",
        "The layer behind it parts.",
        "Put the activation in that Keras has there, in a layer's `activation=` it may be.",
        "Take the activation out that PyTorch does not have there: look for `activation=` in the layer before.",
        _added,
    ),
)  # fmt: skip
