"""The layers of a network that hold its weights, in the order in which they compute, and what goes into each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import torch
from torch import nn

from fixtures.models.layers import Kind, Layer, Tensor
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, network
from harness.frameworks.pytorch.calibration import probed

PROBE_ITEMS = 2
WEIGHT, BIAS = "weight", "bias"
AFFINE = {WEIGHT, BIAS}
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)
# Classes of torch, and the roles that a layer of the kind may have: with any other tensor it is one of the user's own.
KINDS: tuple[tuple[tuple[type, ...], Kind, set[str]], ...] = (
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), Kind.CONVOLUTION, AFFINE),
    ((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), Kind.TRANSPOSED_CONVOLUTION, AFFINE),
    ((nn.Linear,), Kind.DENSE, AFFINE),
    (EMBEDDINGS, Kind.EMBEDDING, {WEIGHT}),
    ((nn.LayerNorm,), Kind.LAYER_NORM, AFFINE),
    ((nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), Kind.GROUP_NORM, AFFINE),
    ((nn.RMSNorm,), Kind.RMS_NORM, {WEIGHT}),
    ((nn.modules.batchnorm._BatchNorm,), Kind.BATCH_NORM, {*AFFINE, "running_mean", "running_var"}),
)
RECURRENT: tuple[tuple[tuple[type, ...], Kind], ...] = (
    ((nn.LSTM, nn.LSTMCell), Kind.LSTM),
    ((nn.GRU, nn.GRUCell), Kind.GRU),
    ((nn.RNN, nn.RNNCell), Kind.RNN),
)
ATTENTION_ROLES = {
    "in_proj_weight": "in_proj_weight",
    "in_proj_bias": "in_proj_bias",
    "out_proj.weight": "out_weight",
    "out_proj.bias": "out_bias",
}
RECURRENT_ROLES = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}
RECURRENT_TENSOR = re.compile(r"(?P<role>\w+?)(_l(?P<layer>\d+)(?P<reverse>_reverse)?)?")
Entered = tuple[float, float] | None


class Unit(msgspec.Struct, frozen=True):
    """A layer that is not called yet."""

    module: str  # that computes it
    layer: Layer


def of(setup: Setup, built: Any) -> tuple[Layer, ...]:
    """All layers with weights of the network. One that is used without being called stands behind the one before it in the code."""
    entered = _entered(setup, built)
    order = {name: place for place, name in enumerate(entered)}
    placed, last = [], -1
    for place, unit in enumerate(_units(built)):
        last = order.get(unit.module, last)
        placed.append((last, place, msgspec.structs.replace(unit.layer, entered=_fingerprint(unit, built, entered))))
    return tuple(layer for _, _, layer in sorted(placed, key=lambda each: each[:2]))


def _units(built: Any) -> Iterator[Unit]:
    """In the order of the code. A tensor that is shared is its first layer's."""
    canonical = network.tensors(built)
    names = {id(tensor): name for name, tensor in canonical.items()}
    taken: set[int] = set()
    embedded = {id(module.weight) for module in built.modules() if isinstance(module, EMBEDDINGS)}  # theirs, whoever shares it before them
    for prefix, module in built.named_modules():
        own = network.own_tensors(module)
        if not isinstance(module, EMBEDDINGS):
            own = {name: tensor for name, tensor in own.items() if id(tensor) not in embedded}
        if _is_attention(module, own):
            own |= {f"out_proj.{name}": tensor for name, tensor in network.own_tensors(module.out_proj).items()}
        fresh = {name: Tensor(names[id(tensor)], tuple(tensor.shape)) for name, tensor in own.items() if id(tensor) not in taken}
        taken |= {id(tensor) for tensor in own.values()}
        for layer in _layers(prefix, module, fresh):
            yield Unit(prefix, layer)


def _layers(name: str, module: Any, own: dict[str, Tensor]) -> Iterator[Layer]:
    if not own:
        return
    if "out_proj.weight" in own:
        yield Layer(name, Kind.ATTENTION, {ATTENTION_ROLES[each]: tensor for each, tensor in own.items()})
        return
    recurrent = next((kind for classes, kind in RECURRENT if isinstance(module, classes)), None)
    if recurrent is not None and all(_parsed(each)["role"] in RECURRENT_ROLES for each in own):
        yield from _directions(name, recurrent, own)
        return
    kind = next((kind for classes, kind, roles in KINDS if isinstance(module, classes) and own.keys() <= roles), None)
    if kind is None and own.keys() >= {"running_mean", "running_var"} and own.keys() <= {*AFFINE, "running_mean", "running_var"}:
        kind = Kind.BATCH_NORM  # of a library, such as torchvision's frozen one
    elif kind is not None and WEIGHT not in own and kind not in (Kind.BATCH_NORM, Kind.LAYER_NORM, Kind.GROUP_NORM):
        kind = None  # its weight is computed of others, or another layer's
    yield Layer(name, kind or Kind.PARAMETER, own)


def _directions(name: str, kind: Kind, own: dict[str, Tensor]) -> Iterator[Layer]:
    """One for each layer and direction."""
    found: dict[str, dict[str, Tensor]] = {}
    for each, tensor in own.items():
        parsed = _parsed(each)
        part = f"l{parsed['layer'] or 0}{parsed['reverse'] or ''}"
        found.setdefault(part, {})[parsed["role"]] = tensor
    for part, tensors in found.items():
        yield Layer(".".join(filter(None, [name, part])) if len(found) > 1 else name, kind, tensors)


def _parsed(name: str) -> dict[str, Any]:
    """`weight_ih_l0_reverse`, and a cell's `weight_ih`."""
    match = RECURRENT_TENSOR.fullmatch(name)
    assert match is not None, "any name fits"
    return match.groupdict()


def _is_attention(module: Any, own: dict[str, Any]) -> bool:
    """With the parameters of the one form that both frameworks have: queries, keys and values of one size, in one matrix."""
    if not isinstance(module, nn.MultiheadAttention):
        return False
    every = own.keys() | {f"out_proj.{name}" for name in network.own_tensors(module.out_proj)}
    return "in_proj_weight" in own and every <= ATTENTION_ROLES.keys()


def _entered(setup: Setup, built: Any) -> dict[str, Entered]:
    """By the name of each module that is called, in the order of their first calls: what its first input is."""
    found: dict[str, Entered] = {}

    def note(name: str, given: tuple[Any, ...], by_name: dict[str, Any]) -> None:
        if name not in found:
            found[name] = _told(next((each for each in (*given, *by_name.values()) if each is not None), None))

    def hook(name: str) -> Any:
        return lambda _, given, by_name: note(name, given, by_name)

    hooks = [module.register_forward_pre_hook(hook(name), with_kwargs=True) for name, module in built.named_modules()]
    inputs, _ = batches.native(setup.probe(PROBE_ITEMS), setup)
    try:
        with probed():
            network.call(built, inputs)
    finally:
        for each in hooks:
            each.remove()
    return found


def _told(given: Any) -> Entered:
    """Mean and root mean square; None for what is no tensor."""
    if isinstance(given, nn.utils.rnn.PackedSequence):
        given = given.data
    if not isinstance(given, torch.Tensor) or given.numel() == 0:
        return None
    values = given.double()
    return float(values.mean()), float(values.square().mean().sqrt())


def _fingerprint(unit: Unit, built: Any, entered: dict[str, Entered]) -> Entered:
    """None for what is not given the module's own input: a parameter beside other layers, a deeper layer of a recurrent one."""
    module = built.get_submodule(unit.module)
    is_beside_others = unit.layer.kind is Kind.PARAMETER and any(True for _ in module.children())
    is_deeper = isinstance(module, nn.RNNBase) and not all(
        _parsed(tensor.name.rpartition(".")[2])["layer"] == "0" for tensor in unit.layer.tensors.values()
    )
    return None if is_beside_others or is_deeper else entered.get(unit.module)
