"""Recurrent layers: gates in the other framework's order, two biases for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from fixtures.models.layers import Kind
from harness.frameworks.tensorflow.port.tensors import Turned
from harness.frameworks.tensorflow.port.unit import OfOneBias, Unit

Gates = tuple[int, ...]

# Keras' gates in torch's order: i, f, g, o in both; z, r, n where torch has r, z, n. Each of these orders is its own inverse.
CELLS: tuple[tuple[type, Kind, Gates], ...] = (
    (layers.LSTMCell, Kind.LSTM, (0, 1, 2, 3)),
    (layers.GRUCell, Kind.GRU, (1, 0, 2)),
    (layers.SimpleRNNCell, Kind.RNN, (0,)),
)
RESET_AFTER = "torch's GRU resets the state after its matrix product: write reset_after=True"


def is_recurrent(layer: Any) -> bool:
    return isinstance(layer, layers.Bidirectional | layers.RNN | layers.StackedRNNCells) or _kind(layer) is not None


def units(layer: Any, path: str) -> Iterator[Unit]:
    """Of each cell in the order of torch's: the deeper ones after those before them, the backward direction after the forward one."""
    if isinstance(layer, layers.Bidirectional):
        yield from units(layer.forward_layer, f"{path}/forward")
        yield from units(layer.backward_layer, f"{path}/backward")
    elif isinstance(layer, layers.RNN | layers.StackedRNNCells):
        cells = getattr(layer, "cells", None) or getattr(layer.cell, "cells", [layer.cell])
        for number, cell in enumerate(cells):
            if _kind(cell) is not None:  # of the user's own otherwise, which is walked into
                yield _unit(cell, path if len(cells) == 1 else f"{path}/{number}", layer)
    else:
        yield _unit(layer, path, layer)


def _kind(cell: Any) -> tuple[Kind, Gates] | None:
    return next(((kind, gates) for of, kind, gates in CELLS if isinstance(cell, of)), None)


def _unit(cell: Any, path: str, called: Any) -> Unit:
    found = _kind(cell)
    assert found is not None, "only such cells are asked about"
    kind, gates = found
    tensors = {"weight_ih": _gated(cell.kernel, gates), "weight_hh": _gated(cell.recurrent_kernel, gates)}
    if not cell.use_bias:
        return Unit(path, called, kind, tensors)
    if len(cell.bias.shape) == 2:  # one for the inputs, one for the states
        return Unit(path, called, kind, tensors | {"bias_ih": _row(cell.bias, 0, gates), "bias_hh": _row(cell.bias, 1, gates)})
    tensors["bias_ih"] = _gated(cell.bias, gates)
    if kind is Kind.GRU:  # another function, which torch has not
        return Unit(path, called, kind, tensors, RESET_AFTER)
    return OfOneBias(path, called, kind, tensors)


def _ordered(values: Any, gates: Gates) -> Any:
    """The gates on the first axis in the other framework's order."""
    return np.concatenate([np.split(values, len(gates))[gate] for gate in gates])


def _gated(variable: Any, gates: Gates) -> Turned:
    """Keras' (in, gates · units): canonical (gates · units, in)."""
    return Turned(
        [variable],
        tuple(variable.shape)[::-1],
        lambda values: [_ordered(values, gates).T],
        lambda held: _ordered(held[0].T, gates),
    )


def _row(variable: Any, place: int, gates: Gates) -> Turned:
    """One of the two biases that Keras has in one variable."""

    def put(values: Any) -> list[Any]:
        held = np.array(variable.numpy())
        held[place] = _ordered(values, gates)
        return [held]

    return Turned([variable], variable.shape[1:], put, lambda held: _ordered(held[0][place], gates))
