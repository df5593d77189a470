"""Seeded weights that show what is wrong with a port: nothing is all zeros or ones, norms have statistics, items differ in the outputs."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from fixtures.models.description import Loss, ModelError
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, network

PROBE_ITEMS = 8
VARIATION = 0.25  # of a tensor of equal values, each way
ZERO_VECTORS = 0.1  # deviation of what is drawn for a vector of zeros
LEAST_VARIANCE = 1e-3  # of a norm's channel, in its channels' mean variance: one that the probe leaves alone would blow up anything else
LOGIT_SPREAD = 0.03  # small, so that Adam does not learn a batch by heart in one step
NO_SPREAD = 1e-6  # of the outputs' size: below this rounding errors would be scaled up
SIGNIFICANT_BITS = 11  # of what is measured, as float16 has: the rest depends on the machine
LINEAR = (
    torch.nn.Linear,
    torch.nn.Conv1d,
    torch.nn.Conv2d,
    torch.nn.Conv3d,
    torch.nn.ConvTranspose1d,
    torch.nn.ConvTranspose2d,
    torch.nn.ConvTranspose3d,
)
FINE_BITS = 2 * SIGNIFICANT_BITS  # of what is to vanish against something larger: float32 has 24
Values = npt.NDArray[np.float64]
Result = tuple[Any, Any, Any]  # a layer, what it gave, and a copy of that from before anything else was done with it


def seeded_constants(built: Any, seed: int) -> None:
    """Draws what the model's code has set to one value and trains: swapped or forgotten, it would not show.

    Each tensor by its name, so that it does not depend on the others. What is frozen stays as it is: there is a reason.
    """
    for name, tensor in network.tensors(built).items():
        first = tensor.detach().flatten()[:1]
        if tensor.requires_grad and bool((tensor == first).all()):
            drawn = _drawn(tuple(tensor.shape), float(first), np.random.default_rng([seed, zlib.crc32(name.encode())]))
            with torch.no_grad():
                tensor.copy_(torch.from_numpy(drawn))


def calibrated(setup: Setup, built: Any) -> None:
    """Gives the norms the statistics of the probe, and the last layer's outputs no common part, in place.

    In float64, and what is measured is rounded: the result is the same on every machine but for a rare tie. Raises ModelError for outputs
    that are not finite.
    """
    try:
        _calibrate(setup, built.double(), torch.float64)
    except (RuntimeError, TypeError):  # a network that makes float32 tensors of its own cannot be had in float64
        _calibrate(setup, built.float(), torch.float32)
    built.float()


@contextmanager
def probed() -> Iterator[None]:
    """While it lasts every layer of a network is called as such and computes by plain products, and nothing is kept for gradients."""
    with torch.inference_mode(), counted():
        yield


@contextmanager
def counted() -> Iterator[None]:
    """While it lasts no kernel does the work of several layers: attention's and recurrent ones are their matrix products."""
    fast, onednn = torch.backends.mha.get_fastpath_enabled(), torch.backends.mkldnn.enabled
    torch.backends.mha.set_fastpath_enabled(False)
    torch.backends.mkldnn.enabled = False
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        torch.backends.mkldnn.enabled = onednn


def rounded(values: Any, bits: int = SIGNIFICANT_BITS) -> Values:
    """To so many significant bits, whatever the size."""
    mantissa, exponent = np.frexp(np.asarray(values, np.float64))
    found: Values = np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent)
    return found


def _drawn(shape: tuple[int, ...], value: float, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    if value != 0:
        found = value * generator.uniform(1 - VARIATION, 1 + VARIATION, shape)
    elif len(shape) < 2:
        found = ZERO_VECTORS * generator.standard_normal(shape)
    else:
        found = generator.standard_normal(shape) / math.sqrt(math.prod(shape[1:]))
    return np.asarray(found, np.float32)


def _calibrate(setup: Setup, built: Any, dtype: torch.dtype) -> None:
    inputs, _ = batches.native(setup.probe(PROBE_ITEMS), setup)
    inputs = {name: _cast(each, dtype) for name, each in inputs.items()} if isinstance(inputs, dict) else _cast(inputs, dtype)
    with probed():
        outputs, results = _passed(built, inputs)
        for name, output in outputs.items():
            if not bool(torch.isfinite(output).all()):
                file = setup.model.file(network.FRAMEWORK)
                raise ModelError(f"{file}: the output {name} is NaN or infinite with weights at random: look at its scale")
        _centre(setup, built, _last_layers(outputs, results))


def _passed(built: Any, inputs: Any) -> tuple[dict[str, Any], list[Result]]:
    """One pass in float64 takes a CPU seconds, so there is one: each norm has its statistics before it computes by them.

    Gives the network's outputs, and what its linear layers gave.
    """
    measured: set[int] = set()
    results: list[Result] = []
    norms = [each for each in built.modules() if network.STATISTIC in dict(each.named_buffers(recurse=False))]
    linear = [each for each in built.modules() if isinstance(each, LINEAR) and not torch.nn.utils.parametrize.is_parametrized(each)]
    hooks = [each.register_forward_pre_hook(lambda module, given: _measure(module, given[0], measured)) for each in norms]
    hooks += [each.register_forward_hook(lambda module, _, result: results.append((module, result, result.clone()))) for each in linear]
    try:
        return network.named(network.call(built, inputs)), results
    finally:
        for hook in hooks:
            hook.remove()


def _measure(norm: Any, inputs: Any, measured: set[int]) -> None:
    """A norm that is called again keeps what it had from the first time."""
    if id(norm) in measured:
        return
    measured.add(id(norm))
    channels = inputs.movedim(1, -1).flatten(0, -2).double()
    variance = channels.var(0, correction=0)
    variance = variance.clamp_min(LEAST_VARIANCE * float(variance.mean()))
    norm.running_mean.copy_(torch.from_numpy(rounded(channels.mean(0).numpy())))
    norm.running_var.copy_(torch.from_numpy(rounded(variance.numpy())))


def _centre(setup: Setup, built: Any, last_layers: Sequence[tuple[Any, Any]]) -> None:
    """Of each output that a linear layer gives as it is: no mean over the items, and logits have the spread of LOGIT_SPREAD.

    Without it the outputs of a deep network without norms are nearly the same for all items. Weights that another layer shares, and what
    the model's code has frozen, stay as they are.
    """
    for module, output in last_layers:
        weight, bias = module.weight, module.bias
        if bias is None or not (weight.requires_grad and bias.requires_grad):
            continue
        axis = -1 if isinstance(module, torch.nn.Linear) else 1
        values = output.double().movedim(axis, -1).flatten(0, -2).numpy()
        mean, spread = values.mean(axis=0), values.std(axis=0).mean()
        old_bias = bias.detach().double().numpy()
        scale = 1.0
        if _is_logits(setup) and not _is_shared(built, weight) and spread > NO_SPREAD * np.sqrt((values**2).mean()):
            scale = float(rounded(LOGIT_SPREAD / spread))
        shift = rounded(scale * (mean - old_bias) + old_bias, FINE_BITS)
        weight.copy_(weight * scale)
        bias.copy_(torch.from_numpy(old_bias - shift))


def _last_layers(outputs: dict[str, Any], results: Sequence[Result]) -> list[tuple[Any, Any]]:
    """The linear layers whose results are outputs of the network, unchanged but for their shape, and those results."""
    found = {}
    for output in outputs.values():
        for module, result, copy in results:
            same_memory = output.untyped_storage().data_ptr() == result.untyped_storage().data_ptr() and output.numel() == result.numel()
            if same_memory and torch.equal(result, copy):
                found[id(module)] = (module, copy)
    return list(found.values())


def _is_logits(setup: Setup) -> bool:
    return setup.model.description.loss in (Loss.CROSS_ENTROPY, Loss.BINARY_CROSS_ENTROPY)


def _is_shared(built: Any, weight: Any) -> bool:
    every = [each for module in built.modules() for each in network.own_tensors(module).values() if each is weight]
    return len(every) > 1


def _cast(tensor: Any, dtype: torch.dtype) -> Any:
    return tensor.to(dtype) if tensor.is_floating_point() else tensor
