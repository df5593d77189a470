"""Recurrent layers step by step, in what torch's own functions take and give: of what these have no form of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Function = Callable[[Any], Any]


def layers(
    name: str, gates: Function = torch.sigmoid, activation: Function | None = None, resets_before: bool = False
) -> Callable[..., Any]:
    """In the place of torch's function of that name, called by the names of its arguments."""
    own = activation or (torch.relu if name == "rnn_relu" else torch.tanh)

    def compute(
        input: Any,
        hx: Any,
        weights: Sequence[Any],
        has_biases: bool,
        num_layers: int,
        dropout: float,  # noqa: ARG001
        train: bool,  # noqa: ARG001
        bidirectional: bool,
        batch_first: bool,
    ) -> Any:
        states = tuple(hx) if isinstance(hx, list | tuple) else (hx,)
        directions = 2 if bidirectional else 1
        each = len(weights) // (num_layers * directions)
        values = input.transpose(0, 1) if batch_first else input
        left: list[tuple[Any, ...]] = []
        for layer in range(num_layers):
            found = []
            for direction in range(directions):
                place = layer * directions + direction
                held = weights[place * each : (place + 1) * each]
                step = _step(name, held, has_biases, gates, own, resets_before)
                gone, last = _gone_through(values.flip(0) if direction else values, tuple(state[place] for state in states), step)
                found.append(gone.flip(0) if direction else gone)
                left.append(last)
            values = torch.cat(found, -1)
        outputs = values.transpose(0, 1) if batch_first else values
        return (outputs, *(torch.stack(state) for state in zip(*left, strict=True)))

    return compute


def _gone_through(values: Any, states: tuple[Any, ...], step: Callable[..., tuple[Any, ...]]) -> tuple[Any, tuple[Any, ...]]:
    found = []
    for each in values:
        states = step(each, states)
        found.append(states[0])
    return torch.stack(found), states


def _step(
    name: str, weights: Sequence[Any], has_biases: bool, gates: Function, activation: Function, resets_before: bool
) -> Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]:
    weight_ih, weight_hh = weights[:2]
    bias_ih, bias_hh = weights[2:4] if has_biases else (None, None)
    of_inputs = torch.nn.functional.linear
    if name == "lstm":

        def lstm(values: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
            hidden, cell = states
            parts = (of_inputs(values, weight_ih, bias_ih) + of_inputs(hidden, weight_hh, bias_hh)).chunk(4, -1)
            cell = gates(parts[1]) * cell + gates(parts[0]) * activation(parts[2])
            return gates(parts[3]) * activation(cell), cell

        return lstm
    if name == "gru":

        def gru(values: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
            (hidden,) = states
            given, recurrent = of_inputs(values, weight_ih, bias_ih).chunk(3, -1), of_inputs(hidden, weight_hh, bias_hh).chunk(3, -1)
            reset, update = gates(given[0] + recurrent[0]), gates(given[1] + recurrent[1])
            if resets_before:
                bias = None if bias_hh is None else bias_hh.chunk(3)[2]
                new = activation(given[2] + of_inputs(reset * hidden, weight_hh.chunk(3)[2], bias))
            else:
                new = activation(given[2] + reset * recurrent[2])
            return ((1 - update) * new + update * hidden,)

        return gru

    def plain(values: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
        return (activation(of_inputs(values, weight_ih, bias_ih) + of_inputs(states[0], weight_hh, bias_hh)),)

    return plain
