"""Layers without a state: convolutions, dense ones, embeddings, norms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from fixtures.models.layers import Kind
from harness.frameworks.tensorflow.port.tensors import Turned, reshaped, same, transposed
from harness.frameworks.tensorflow.port.unit import Unit

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
AFFINE = {"weight": "gamma", "bias": "beta"}
NORMS = (
    (layers.BatchNormalization, Kind.BATCH_NORM, AFFINE | {"running_mean": "moving_mean", "running_var": "moving_variance"}),
    (layers.LayerNormalization, Kind.LAYER_NORM, AFFINE),
    (layers.GroupNormalization, Kind.GROUP_NORM, AFFINE),
    (layers.RMSNormalization, Kind.RMS_NORM, {"weight": "scale"}),
)


def units(layer: Any, path: str) -> Iterator[Unit]:
    """None for a layer of another kind."""
    if isinstance(layer, SEPARABLE):
        yield Unit(f"{path}/depthwise", layer, Kind.CONVOLUTION, {"weight": _depthwise(layer.depthwise_kernel)})
        yield Unit(f"{path}/pointwise", layer, Kind.CONVOLUTION, {"weight": _convolution(layer.pointwise_kernel)} | _bias(layer))
    elif isinstance(layer, DEPTHWISE):
        yield Unit(path, layer, Kind.CONVOLUTION, {"weight": _depthwise(layer.kernel)} | _bias(layer))
    elif isinstance(layer, TRANSPOSED):
        yield Unit(path, layer, Kind.TRANSPOSED_CONVOLUTION, {"weight": _convolution(layer.kernel)} | _bias(layer))
    elif isinstance(layer, CONVOLUTIONS):
        yield Unit(path, layer, Kind.CONVOLUTION, {"weight": _convolution(layer.kernel)} | _bias(layer))
    elif isinstance(layer, layers.Dense):
        yield Unit(path, layer, Kind.DENSE, {"weight": transposed(layer.kernel, (1, 0))} | _bias(layer))
    elif isinstance(layer, layers.EinsumDense):
        yield from _einsum(layer, path)
    elif isinstance(layer, layers.Embedding):
        yield Unit(path, layer, Kind.EMBEDDING, {"weight": same(layer.embeddings)})
    elif isinstance(layer, layers.PReLU):
        yield from _prelu(layer, path)
    else:
        yield from _norm(layer, path)


def _bias(layer: Any) -> dict[str, Turned]:
    return {} if layer.bias is None else {"bias": same(layer.bias)}


def _norm(layer: Any, path: str) -> Iterator[Unit]:
    for of, kind, roles in NORMS:
        if isinstance(layer, of):
            held = {role: getattr(layer, name, None) for role, name in roles.items()}
            tensors = {role: same(variable) for role, variable in held.items() if variable is not None}
            if tensors:
                one = tensors.keys() & AFFINE.keys()
                is_half = kind in (Kind.BATCH_NORM, Kind.GROUP_NORM) and len(one) == 1  # a layer norm of torch's may be
                hint = "torch's norm has scale and shift or neither: set scale and center alike" if is_half else ""
                yield Unit(path, layer, kind, tensors, hint)


def _prelu(layer: Any, path: str) -> Iterator[Unit]:
    """torch's has one slope for each channel, or one for all; Keras' may have one for each place."""
    slopes = math.prod(layer.alpha.shape)
    if slopes == max(layer.alpha.shape, default=1):
        yield Unit(path, layer, Kind.PARAMETER, {"weight": reshaped(layer.alpha, (slopes,))})


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


def _einsum(layer: Any, path: str) -> Iterator[Unit]:
    """Where it is a dense layer: each axis of its kernel is either summed over, or an axis of the outputs alone."""
    operands, result = layer.equation.replace(" ", "").split("->")
    given, kernel = operands.split(",")
    summed = [axis for axis in given if axis in kernel and axis not in result]
    made = [axis for axis in result if axis in kernel and axis not in given]
    if sorted(summed + made) != sorted(kernel):
        return
    order = [kernel.index(axis) for axis in made + summed]
    sizes = [layer.kernel.shape[axis] for axis in order]
    shape = (math.prod(sizes[: len(made)]), math.prod(sizes[len(made) :]))
    back = np.argsort(order)
    weight = Turned(
        [layer.kernel],
        shape,
        lambda values: [np.transpose(values.reshape(sizes), back)],
        lambda held: np.transpose(held[0], order).reshape(shape),
    )
    if layer.bias is None:
        yield Unit(path, layer, Kind.DENSE, {"weight": weight})
    elif math.prod(layer.bias.shape) == shape[0]:
        yield Unit(path, layer, Kind.DENSE, {"weight": weight, "bias": reshaped(layer.bias, shape[:1])})
