"""The layers of a Keras model that hold its weights, wherever they are: nested, shared, subclassed, wrapped."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from fixtures.models.layers import Kind
from fixtures.models.weights import Weights
from harness.frameworks.tensorflow.port.tensors import Turned, reshaped, same, transposed

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
NORMS = {
    layers.BatchNormalization: (
        Kind.BATCH_NORM,
        {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"},
    ),
    layers.LayerNormalization: (Kind.LAYER_NORM, {"weight": "gamma", "bias": "beta"}),
    layers.GroupNormalization: (Kind.GROUP_NORM, {"weight": "gamma", "bias": "beta"}),
    layers.RMSNormalization: (Kind.RMS_NORM, {"weight": "scale"}),
}


class Unit:
    """One of them: Keras' counterpart of a `fixtures.models.layers.Layer`."""

    def __init__(self, path: str, layer: Any, kind: Kind, tensors: Mapping[str, Turned]) -> None:
        self.path = path
        self.layer = layer  # what is called
        self.kind = kind
        self.tensors = dict(tensors)

    @property
    def signature(self) -> tuple[str, ...]:
        return (self.kind, *(f"{role}{list(tensor.shape)}" for role, tensor in sorted(self.tensors.items())))

    def write(self, values: Weights) -> None:
        """values: by role."""
        for role, tensor in self.tensors.items():
            tensor.write(values[role])

    def read(self) -> Weights:
        return {role: tensor.read() for role, tensor in self.tensors.items()}

    @property
    def variables(self) -> list[Any]:
        return [variable for tensor in self.tensors.values() for variable in tensor.variables]


class Recurrent(Unit):
    """Keras' LSTM has one bias, torch two, whose sum it is: the second one stays as it was put in."""

    _second: Any = None

    @property
    def signature(self) -> tuple[str, ...]:
        both = {**self.tensors, **({"bias_hh": self.tensors["bias_ih"]} if self._sums else {})}
        return (self.kind, *(f"{role}{list(tensor.shape)}" for role, tensor in sorted(both.items())))

    @property
    def _sums(self) -> bool:
        return "bias_ih" in self.tensors and "bias_hh" not in self.tensors

    def write(self, values: Weights) -> None:
        if self._sums:
            self._second = values["bias_hh"]
            values = {**values, "bias_ih": values["bias_ih"] + values["bias_hh"]}
        super().write(values)

    def read(self) -> Weights:
        found = super().read()
        if self._sums and self._second is not None:
            found |= {"bias_ih": found["bias_ih"] - self._second, "bias_hh": self._second}
        return found


def units(model: Any) -> list[Unit]:
    """In the order of the model's own list of layers."""
    seen: set[int] = set()
    return [unit for layer in model._layers for unit in _of(layer, "", seen)] + list(_own(model, "", seen))


def _of(layer: Any, prefix: str, seen: set[int]) -> Iterator[Unit]:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    path = f"{prefix}{layer.name}"
    known = list(_known(layer, path))
    if known:
        yield from known
        return
    yield from _own(layer, path, seen)
    for inner in layer._layers:
        yield from _of(inner, f"{path}/", seen)


def _own(layer: Any, path: str, seen: set[int]) -> Iterator[Unit]:
    """What a layer of the user's own holds beside its inner layers."""
    own = [
        each
        for each in (*layer._trainable_variables, *layer._non_trainable_variables)
        if "seed_generator" not in each.path and id(each) not in seen
    ]
    seen.update(map(id, own))
    floating = [each for each in own if keras.backend.is_float_dtype(each.dtype)]
    if floating:
        yield Unit(path, layer, Kind.PARAMETER, {each.name: same(each) for each in floating})


def _known(layer: Any, path: str) -> Iterator[Unit]:
    bias = {"bias": same(layer.bias)} if getattr(layer, "bias", None) is not None else {}
    if isinstance(layer, SEPARABLE):
        yield Unit(f"{path}/depthwise", layer, Kind.CONVOLUTION, {"weight": _depthwise(layer.depthwise_kernel)})
        yield Unit(f"{path}/pointwise", layer, Kind.CONVOLUTION, {"weight": _convolution(layer.pointwise_kernel)} | bias)
    elif isinstance(layer, DEPTHWISE):
        yield Unit(path, layer, Kind.CONVOLUTION, {"weight": _depthwise(layer.kernel)} | bias)
    elif isinstance(layer, TRANSPOSED):
        yield Unit(path, layer, Kind.TRANSPOSED_CONVOLUTION, {"weight": _convolution(layer.kernel)} | bias)
    elif isinstance(layer, CONVOLUTIONS):
        yield Unit(path, layer, Kind.CONVOLUTION, {"weight": _convolution(layer.kernel)} | bias)
    elif isinstance(layer, layers.Dense):
        yield Unit(path, layer, Kind.DENSE, {"weight": transposed(layer.kernel, (1, 0))} | bias)
    elif isinstance(layer, layers.Embedding):
        yield Unit(path, layer, Kind.EMBEDDING, {"weight": same(layer.embeddings)})
    elif isinstance(layer, layers.MultiHeadAttention) and (found := _attention(layer)):
        yield Unit(path, layer, Kind.ATTENTION, found)
    elif isinstance(layer, layers.Bidirectional):
        for inner in (layer.forward_layer, layer.backward_layer):
            yield from _recurrent(inner, f"{path}/{inner.name}")
    elif isinstance(layer, layers.LSTM | layers.GRU | layers.SimpleRNN):
        yield from _recurrent(layer, path)
    else:
        for kind_of_layer, (kind, roles) in NORMS.items():
            if isinstance(layer, kind_of_layer):
                held = {role: getattr(layer, name, None) for role, name in roles.items()}
                tensors = {role: same(variable) for role, variable in held.items() if variable is not None}
                if tensors:
                    yield Unit(path, layer, kind, tensors)


def _convolution(kernel: Any) -> Turned:
    """Keras' (*kernel, in, out): canonical (out, in, *kernel). Of a transposed one in and out are the other way round in both."""
    rank = len(kernel.shape)
    return transposed(kernel, (*range(2, rank), 1, 0))


def _depthwise(kernel: Any) -> Turned:
    """Keras' (*kernel, in, multiplier): canonical (in · multiplier, 1, *kernel)."""
    *size, channels, multiplier = kernel.shape
    axes = len(size)
    shape = (channels * multiplier, 1, *size)
    return Turned(
        [kernel],
        shape,
        lambda values: [np.moveaxis(values.reshape(channels, multiplier, *size), (0, 1), (axes, axes + 1))],
        lambda held: np.moveaxis(held[0], (axes, axes + 1), (0, 1)).reshape(shape),
    )


def _attention(layer: Any) -> dict[str, Turned] | None:
    """None where queries, keys and values are not of one size, which torch keeps otherwise."""
    parts = [layer.query_dense, layer.key_dense, layer.value_dense]
    features = parts[0].kernel.shape[0]
    if any(part.kernel.shape[0] != features or int(np.prod(part.kernel.shape[1:])) != features for part in parts):
        return None

    def joined(held: Any) -> Any:
        return np.concatenate([each.reshape(features, -1).T for each in held])

    def split(values: Any) -> Any:
        return [part.T.reshape(of.kernel.shape) for part, of in zip(np.split(values, 3), parts, strict=True)]

    out = layer.output_dense
    found = {
        "in_proj_weight": Turned([part.kernel for part in parts], (3 * features, features), split, joined),
        "out_weight": Turned(
            [out.kernel],
            (out.kernel.shape[-1], features),
            lambda values: [values.T.reshape(out.kernel.shape)],
            lambda held: held[0].reshape(features, -1).T,
        ),
    }
    if parts[0].bias is not None:
        biases = [part.bias for part in parts]
        found |= {
            "in_proj_bias": Turned(
                biases,
                (3 * features,),
                lambda values: [each.reshape(of.shape) for each, of in zip(np.split(values, 3), biases, strict=True)],
                lambda held: np.concatenate([each.reshape(-1) for each in held]),
            ),
            "out_bias": same(out.bias),
        }
    return found


def _recurrent(layer: Any, path: str) -> Iterator[Unit]:
    cell = layer.cell
    kind, gates = next(
        (kind, gates)
        for of, kind, gates in (
            (layers.LSTM, Kind.LSTM, (0, 1, 2, 3)),
            (layers.GRU, Kind.GRU, (1, 0, 2)),
            (layers.SimpleRNN, Kind.RNN, (0,)),
        )
        if isinstance(layer, of)
    )
    tensors = {"weight_ih": _gated(cell.kernel, gates), "weight_hh": _gated(cell.recurrent_kernel, gates)}
    if cell.use_bias:
        if len(cell.bias.shape) == 2:  # reset_after: one for the inputs, one for the states
            tensors |= _gated_pair(cell.bias, gates)
        else:
            tensors["bias_ih"] = _gated(cell.bias, gates)
    yield Recurrent(path, layer, kind, tensors)


def _ordered(values: Any, gates: tuple[int, ...]) -> Any:
    """The gates on the first axis in the other framework's order; the orders of all three kinds are their own inverses."""
    return np.concatenate([np.split(values, len(gates))[gate] for gate in gates])


def _gated(variable: Any, gates: tuple[int, ...]) -> Turned:
    shape = tuple(variable.shape)[::-1]
    return Turned([variable], shape, lambda values: [_ordered(values, gates).T], lambda held: _ordered(held[0].T, gates))


def _gated_pair(variable: Any, gates: tuple[int, ...]) -> dict[str, Turned]:
    def row(place: int) -> Turned:
        def put(values: Any) -> list[Any]:
            held = np.array(variable.numpy())
            held[place] = _ordered(values, gates)
            return [held]

        return Turned([variable], variable.shape[1:], put, lambda held: _ordered(held[0][place], gates))

    return {"bias_ih": row(0), "bias_hh": row(1)}
