"""Keras' attention, its four dense layers as the other framework divides them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from typing import Any

import numpy as np

from fixtures.models.layers import Kind
from harness.frameworks.tensorflow.port.tensors import Turned, same
from harness.frameworks.tensorflow.port.unit import Unit


def units(layer: Any, path: str, canonical: Set[tuple[str, ...]]) -> Iterator[Unit]:
    """canonical: signatures of the layers that there are.

    One unit, as `torch.nn.MultiheadAttention` is; or, where there is none of its shapes, one for queries, keys and values in one matrix,
    and one for the outputs. Nothing where there is no such matrix either: then the dense layers in it are units by themselves.
    """
    parts = [layer.query_dense, layer.key_dense, layer.value_dense]
    out = layer.output_dense
    if len({(part.kernel.shape[0], math.prod(part.kernel.shape[1:])) for part in parts}) > 1:
        return  # torch has them apart, too
    joined, joined_bias = _joined(parts)
    outputs, outputs_bias = _outputs(out)
    whole = Unit(
        path,
        layer,
        Kind.ATTENTION,
        {"in_proj_weight": joined, "out_weight": outputs} | _named("in_proj_bias", joined_bias) | _named("out_bias", outputs_bias),
    )
    inner = Unit(f"{path}/query_key_value", layer, Kind.DENSE, {"weight": joined} | _named("bias", joined_bias))
    if whole.signature not in canonical and inner.signature in canonical:
        yield inner
        yield Unit(f"{path}/{out.name}", out, Kind.DENSE, {"weight": outputs} | _named("bias", outputs_bias))
    elif whole.signature in canonical or not _are_apart(parts, canonical):
        yield whole


def _are_apart(parts: Sequence[Any], canonical: Set[tuple[str, ...]]) -> bool:
    """Whether there is a dense layer like that of the queries."""
    kernel = parts[0].kernel
    features = math.prod(kernel.shape[1:])
    bias = [] if parts[0].bias is None else [f"bias{[features]}"]
    return (str(Kind.DENSE), *bias, f"weight{[features, kernel.shape[0]]}") in canonical


def _joined(parts: Sequence[Any]) -> tuple[Turned, Turned | None]:
    """Keras' three (in, heads, features of a head): canonical (3 · features, in), queries first."""
    given, *rest = parts[0].kernel.shape
    features = math.prod(rest)
    kernels = [part.kernel for part in parts]
    weight = Turned(
        kernels,
        (3 * features, given),
        lambda values: [part.T.reshape(kernel.shape) for part, kernel in zip(np.split(values, 3), kernels, strict=True)],
        lambda held: np.concatenate([each.reshape(given, features).T for each in held]),
    )
    if parts[0].bias is None:
        return weight, None
    biases = [part.bias for part in parts]
    bias = Turned(
        biases,
        (3 * features,),
        lambda values: [each.reshape(of.shape) for each, of in zip(np.split(values, 3), biases, strict=True)],
        lambda held: np.concatenate([each.reshape(-1) for each in held]),
    )
    return weight, bias


def _outputs(out: Any) -> tuple[Turned, Turned | None]:
    """Keras' (heads, features of a head, out): canonical (out, features)."""
    *rest, made = out.kernel.shape
    features = math.prod(rest)
    weight = Turned(
        [out.kernel],
        (made, features),
        lambda values: [values.T.reshape(out.kernel.shape)],
        lambda held: held[0].reshape(features, made).T,
    )
    return weight, None if out.bias is None else same(out.bias)


def _named(role: str, tensor: Turned | None) -> dict[str, Turned]:
    return {} if tensor is None else {role: tensor}
