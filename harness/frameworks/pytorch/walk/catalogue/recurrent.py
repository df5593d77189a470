"""Recurrent layers: gates, biases, activations, direction and the state that they begin with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call, Value
from harness.frameworks.pytorch.walk.catalogue import stepping
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

GATES = {"lstm": ("input", "forget", "cell", "output"), "gru": ("reset", "update", "new")}
SIGMOIDS: dict[str, stepping.Function] = {
    "hard sigmoid, relu6(x + 3) / 6": functional.hardsigmoid,
    "hard sigmoid, 0.2 x + 0.5 cut to 0 … 1": lambda values: (0.2 * values + 0.5).clamp(0, 1),
    "tanh": torch.tanh,
}
ACTIVATIONS: dict[str, stepping.Function] = {
    "ReLU": torch.relu,
    "sigmoid": torch.sigmoid,
    "none": lambda values: values,
    "tanh": torch.tanh,
}
OWN = {"lstm": "tanh", "gru": "tanh", "rnn_tanh": "tanh", "rnn_relu": "ReLU"}


def _layers(region: Sequence[Call]) -> Iterator[Call]:
    return (call for call in region if call.name in OWN and isinstance(call.get("input"), Value) and call.get("weights") is not None)


def _bias(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        if call.get("has_biases"):
            for told, of_input, of_state in (
                ("PyTorch's layer adds bias_ih and bias_hh, TensorFlow's bias_ih alone", 1, 0),
                ("PyTorch's layer adds bias_ih and bias_hh, TensorFlow's bias_hh alone", 0, 1),
                ("PyTorch's layer has biases, TensorFlow's has none", 0, 0),
                ("PyTorch's layer adds each bias once, TensorFlow's twice", 2, 2),
                ("PyTorch's layer adds bias_hh once, TensorFlow's twice", 1, 2),
                ("PyTorch's layer adds bias_ih once, TensorFlow's twice", 2, 1),
            ):
                weights = [each * (1, 1, of_input, of_state)[place % 4] for place, each in enumerate(call.get("weights"))]
                yield told, call.altered(weights=weights)


def _forget_bias(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        if call.name == "lstm" and call.get("has_biases"):
            for added, told in (
                (1.0, "TensorFlow adds 1 to the forget gate's bias"),
                (-1.0, "PyTorch has added 1 to the forget gate's bias"),
            ):

                def forgetting(values: Any, added: float = added) -> Any:
                    units = len(values) // 4
                    return torch.cat([values[:units], values[units : 2 * units] + added, values[2 * units :]])

                weights = [forgetting(each) if place % 4 == 2 else each for place, each in enumerate(call.get("weights"))]
                yield told, call.altered(weights=weights)


def _gate_order(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        names = GATES.get(call.name, ())
        for order in itertools.permutations(range(len(names))):
            if order != tuple(range(len(names))):
                theirs = ", ".join(names[each] for each in _inverse(order))
                told = f"PyTorch's gates are {', '.join(names)}, TensorFlow takes them for {theirs}"
                yield told, call.altered(weights=[_ordered(each, order) for each in call.get("weights")])


def _inverse(order: Sequence[int]) -> list[int]:
    return [order.index(place) for place in range(len(order))]


def _ordered(weight: Any, order: Sequence[int]) -> Any:
    parts = weight.chunk(len(order))
    return torch.cat([parts[each] for each in order])


def _reset(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        if call.name == "gru":
            told = "PyTorch's GRU resets the state after its matrix product, TensorFlow's before it"
            if call.get("has_biases"):
                weights = [each * (place % 4 != 3) for place, each in enumerate(call.get("weights"))]
                yield f"{told}, and has one bias, here bias_ih", call.altered(stepping.layers("gru", resets_before=True), weights=weights)
            yield told, call.altered(stepping.layers("gru", resets_before=True))


def _recurrent_activation(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        if call.name in GATES:
            for name, function in SIGMOIDS.items():
                yield f"PyTorch's gates have a sigmoid, TensorFlow's {name}", call.altered(stepping.layers(call.name, gates=function))


def _activation(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        own = OWN[call.name]
        for name, function in ACTIVATIONS.items():
            if name != own:
                told = f"PyTorch's layer has {own} as its activation, TensorFlow's {name}"
                yield told, call.altered(stepping.layers(call.name, activation=function))


def _direction(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        axis = 1 if call.get("batch_first") else 0
        told = "one of them reads the sequence forwards, the other backwards"
        yield told, _flipped(call, axis, turns_back=False)
        yield f"{told}, and turns the states back", _flipped(call, axis, turns_back=True)
        if call.get("bidirectional"):
            told = "PyTorch has the forward direction's states before the backward one's, TensorFlow the other way round"
            yield told, call.wrapped(after=lambda found: torch.cat(found.chunk(2, -1)[::-1], -1))


def _flipped(call: Call, axis: int, turns_back: bool) -> Call:
    before = call.with_operand(call.get("input"), lambda values: values.flip(axis))
    return before.wrapped(after=lambda found: found.flip(axis)) if turns_back else before


def _last(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Of both directions: the backward one's last state is that at the first place."""
    for call in region:
        if call.name in ("__getitem__", "select") and _is_of_both(call.given[0]):
            given, found = call.given[0].tensor, call.outputs[0].tensor
            if found.shape == (given.shape[0], given.shape[2]) and torch.equal(found, given[:, -1]):
                told = "PyTorch takes the last place, where the backward direction has begun, TensorFlow the last state of each direction"
                yield told, call.instead(lambda values: torch.cat([values[:, -1].chunk(2, -1)[0], values[:, 0].chunk(2, -1)[1]], -1))
        if call.name in ("cat", "concat") and len(call.given) == 2:
            source = [each.call.given[0].call if each.call is not None and each.call.given else None for each in call.given]
            if source[0] is not None and source[0] is source[1] and source[0].name in OWN and source[0].get("batch_first"):
                told = "PyTorch takes the last state of each direction, TensorFlow the last place, where the backward direction has begun"
                yield told, call._like(lambda values: values[:, -1], (source[0].outputs[0],), {})


def _is_of_both(value: Value) -> bool:
    return (
        value.call is not None and value.call.name in OWN and bool(value.call.get("bidirectional")) and bool(value.call.get("batch_first"))
    )


def _state(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in _layers(region):
        states = call.get("hx")
        several = states if isinstance(states, list | tuple) else [states]
        given: list[Any] = [getattr(each, "tensor", each) for each in several]
        if any(bool(each.any()) for each in given):
            zeros = [torch.zeros_like(each) for each in given]
            yield "PyTorch's layer begins with a state of its own, TensorFlow's with zeros", _beginning(call, zeros)
            if len(several) == 2:
                told = "PyTorch's layer begins with (hidden state, cell state), TensorFlow's takes them the other way round"
                yield told, call.altered(hx=type(states)(several[::-1]))
        else:
            for calls in (1, 2):
                told = "PyTorch's layer begins with zeros, TensorFlow's with the state that the batch before has left (it is stateful)"
                yield told, call.altered(_carrying(call.function, calls))
            ones = [torch.ones_like(each) for each in given]
            yield "PyTorch's layer begins with zeros, TensorFlow's with ones", _beginning(call, ones)


def _beginning(call: Call, states: Sequence[Any]) -> Call:
    return call.altered(hx=tuple(states) if len(states) > 1 else states[0])


def _carrying(function: Callable[..., Any], calls: int) -> Callable[..., Any]:
    """The same batch so many times before."""

    def compute(input: Any, hx: Any, **others: Any) -> Any:
        for _ in range(calls):
            _, *left = function(input, hx, *others.values())
            hx = tuple(left) if len(left) > 1 else left[0]
        return function(input, hx, *others.values())

    return compute


ENTRIES = (
    Entry(
        "reset_after",
        "a GRU's reset gate before ↔ after the matrix product",
        "A GRU parts from its second step on.",
        "`nn.GRU` resets after the product; for the other form write the cell out.",
        "Write `reset_after=True`, the default: then the GRU is as PyTorch's, and has its two biases.",
        _reset,
    ),
    Entry(
        "recurrent_activation",
        "activation of a recurrent layer's gates: sigmoid ↔ hard sigmoid",
        "A recurrent layer parts by a few hundredths from its first step on.",
        "`nn.LSTM` and `nn.GRU` have sigmoids; for another one write the cell out.",
        'Write `recurrent_activation="sigmoid"`: code from before Keras 2.3 has "hard_sigmoid".',
        _recurrent_activation,
    ),
    Entry(
        "recurrent_tanh",
        "activation of a recurrent layer: tanh ↔ ReLU or another",
        "A recurrent layer parts from its first step on.",
        'Write `nonlinearity=` of `nn.RNN` as Keras\' `activation`; `nn.LSTM` and `nn.GRU` have tanh.',
        'Write `activation="tanh"`, or what `nonlinearity` of PyTorch\'s `nn.RNN` is.',
        _activation,
    ),
    Entry(
        "direction",
        "sequence read backwards ↔ forwards",
        "A recurrent layer parts; of one direction its last state is that of the other end.",
        "Flip the sequence as Keras reads it, `x.flip(1)`; `bidirectional=True` has the forward direction first.",
        "Write `go_backwards` as PyTorch reads the sequence; it leaves the states in the order in which they were computed.",
        _direction,
    ),
    Entry(
        "last_of_both",
        "last state of both directions ↔ what both have at the last place",
        "The layer behind a bidirectional one parts; half of its inputs are the same.",
        "Take `torch.cat([h_n[-2], h_n[-1]], 1)`: `out[:, -1]` has the backward direction's first step.",
        "`Bidirectional` without `return_sequences` gives the last state of each; PyTorch's `out[:, -1]` is the last place.",
        _last,
    ),
    Entry(
        "initial_state",
        "state that a recurrent layer begins with",
        "A recurrent layer parts, most at its first steps.",
        "Give the layer the state that Keras' has as `initial_state`; without one it begins with zeros.",
        "Give the layer `initial_state=[h, c]` as PyTorch's; without it, and without `stateful=True`, it begins with zeros.",
        _state,
    ),
    Entry(
        "recurrent_bias",
        "biases of a recurrent layer: one missing, or twice",
        "A recurrent layer parts from its first step on.",
        "torch adds `bias_ih` and `bias_hh`: one of them is to be zero where Keras has one bias.",
        "One bias in Keras is the sum of torch's two: `bias_ih + bias_hh`; write `use_bias=True` where PyTorch's layer has them.",
        _bias,
    ),
    Entry(
        "forget_bias",
        "1 added to the bias of the forget gate",
        "An LSTM parts from its second step on.",
        "Add 1 to the forget gate's part of `bias_ih`, the second quarter, where Keras' cell does it in each step.",
        "`unit_forget_bias` is of the first weights alone; a cell that adds 1 in each step, as TensorFlow 1's did, wants a bias less by 1.",
        _forget_bias,
    ),
    Entry(
        "gate_order",
        "order of a recurrent layer's gates",
        "A recurrent layer parts from its first step on with every shape right.",
        "torch has an LSTM's gates as input, forget, cell, output, a GRU's as reset, update, new.",
        "Keras has an LSTM's gates in torch's order, a GRU's as update, reset, new: exchange the first two thirds of each matrix and bias.",
        _gate_order,
    ),
)  # fmt: skip
