"""Canonical weights and what is known of a network beside them, as `original.Original` wants it. All on the CPU, whatever there is."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from msgspec.structs import replace

from fixtures.models import code, published
from fixtures.models.description import ModelError
from fixtures.models.layers import Facts
from fixtures.models.weights import Weights, WeightsError
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, flops, layers, network
from harness.frameworks.pytorch.calibration import PROBE_ITEMS, calibrated, probed, seeded_constants
from harness.record.case import Precision, Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

WRAPPERS = ("state_dict", "model_state_dict", "model")  # where training scripts put the tensors among other things
PREFIXES = ("module.", "_orig_mod.", "model.")  # of networks that were saved within DistributedDataParallel, torch.compile, Lightning


def seeded(setup: Setup) -> Weights:
    """Raises ModelError for a network that cannot be built, or whose outputs are not finite."""
    setup = plain(setup)
    built = _built(setup)
    seeded_constants(built, setup.experiment.seed)
    calibrated(setup, built)
    return network.weights(built)


def read(setup: Setup, path: Path) -> Weights:
    built = _built(plain(setup))
    found = _without_prefix(_tensors(path), built)
    _expect_constants(path, built, found)
    first = _first_names(built)
    taken: Weights = {}
    for name, tensor in found.items():
        if name in first:
            taken[first[name]] = network.to_numpy(tensor)
        elif name not in _constants(built) and tensor.is_floating_point():
            taken[name] = network.to_numpy(tensor)  # unknown: told so by the check
    try:
        network.load(built, taken)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error
    wrong = [name for name, values in taken.items() if not np.isfinite(values).all()]
    if wrong:
        raise WeightsError(f"{path}: weights: {wrong[0]} holds NaN or infinity: nothing can be compared by it")
    return network.weights(built)


def downloaded(setup: Setup) -> Weights:
    module = code.builder(setup.model, network.FRAMEWORK)
    file = setup.model.file(network.FRAMEWORK)
    if not callable(getattr(module, "pretrained", None)):
        raise ModelError(f"{file} offers no pretrained weights: write pretrained() into it, or take --weights seeded or a file")
    try:
        found = module.pretrained()
    except OSError as error:  # of which URLError is one
        raise Unsupported(
            f"{file}: pretrained() could not download ({error}): take --weights seeded or a file, or try with a network"
        ) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile):  # of what it could not read, maybe: torch names no file
        published.expect_all_whole()
        raise
    if not isinstance(found, Mapping):
        raise ModelError(f"{file}: pretrained() gives a {type(found).__name__}: return the tensors by their names in network(options)")
    return {name: network.to_numpy(torch.as_tensor(values)) for name, values in found.items()}


def facts(setup: Setup, weights: Weights) -> Facts:
    setup = plain(setup)
    built = _built(setup)
    network.load(built, weights)
    return Facts(layers.of(setup, built), flops.per_item(setup, weights), _spread(setup, built))


def plain(setup: Setup) -> Setup:
    """The same network in inference mode, all neutral, in float32, dropout off."""
    case = replace(setup.case, workload=Workload.INFERENCE, precision=Precision.FP32)
    return replace(setup, case=case, neutral=frozenset(Source), drops_out=False, pretrained=False)


def _built(setup: Setup) -> Any:
    torch.manual_seed(setup.experiment.seed)
    return network.arranged(setup, network.canonical_network(setup))


def _spread(setup: Setup, built: Any) -> dict[str, float]:
    """Of each output its deviation from item to item, the mean over its values, over the deviation of all of them."""
    inputs, _ = batches.native(setup.probe(PROBE_ITEMS), setup)
    with probed():
        outputs = network.outputs_to_numpy(setup, network.call(built, inputs))
    found = {}
    for name, values in outputs.items():
        exact = values.astype(np.float64)
        found[name] = float(exact.std(axis=0).mean() / exact.std()) if exact.ndim and exact.std() > 0 else 0.0
    return found


def _tensors(path: Path) -> dict[str, Any]:
    """Of a `.safetensors` file, or of what `torch.save` wrote. No pickle but torch's restricted one is run. Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(f"weights: {path} is missing: give a .safetensors or .pt file")
    if path.suffix == ".safetensors":
        try:
            return dict(safetensors.torch.load_file(path))
        except (OSError, safetensors.SafetensorError) as error:
            raise WeightsError(f"weights: {path} cannot be read ({error}): write it with safetensors.torch.save_file") from error
    if path.suffix not in (".pt", ".pth"):
        raise WeightsError(f"weights: {path}: a file ends in .safetensors, .pt or .pth: rename it to what it is")
    with _readable(path):
        found = torch.load(path, map_location="cpu", weights_only=True)
    for wrapper in WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict) or not found or not all(isinstance(each, torch.Tensor) for each in found.values()):
        raise WeightsError(f"weights: {path} holds no tensors by name: write it with torch.save(network.state_dict(), path)")
    return found


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raises WeightsError for what torch's restricted unpickler refuses, and for what is none of its files."""
    try:
        yield
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        said = str(error).strip().partition("\n")[0]
        mend = "write it with torch.save(network.state_dict(), path): of anything but tensors no pickle is run"
        raise WeightsError(f"weights: {path} cannot be read ({said}): {mend}") from error


def _without_prefix(found: dict[str, Any], built: Any) -> dict[str, Any]:
    known = {name.partition(".")[0] for name in built.state_dict()}
    for prefix in PREFIXES:
        if prefix.rstrip(".") not in known and all(name.startswith(prefix) for name in found):
            found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _first_names(built: Any) -> dict[str, str]:
    """The canonical name of each name that a tensor has: one that is shared has several, and files hold some or all of them."""
    canonical = {id(tensor): name for name, tensor in network.tensors(built).items()}
    every = {
        f"{prefix}.{name}" if prefix else name: tensor
        for prefix, module in built.named_modules(remove_duplicate=False)
        for name, tensor in network.own_tensors(module).items()
    }
    return {name: canonical[id(tensor)] for name, tensor in every.items()}


def _constants(built: Any) -> dict[str, Any]:
    """Buffers that are none of the weights."""
    weights = _first_names(built)
    return {name: tensor for name, tensor in built.named_buffers(remove_duplicate=False) if name not in weights}


def _expect_constants(path: Path, built: Any, found: Mapping[str, Any]) -> None:
    """Raises WeightsError where the file's buffer is another than the one that the model's code makes: it would be left out silently."""
    for name, tensor in _constants(built).items():
        if name in found and tensor.is_floating_point() and not torch.equal(found[name].float(), tensor.float()):
            mend = "make it a torch.nn.Parameter with requires_grad=False, then it is one of the weights"
            raise WeightsError(f"weights: {path}: the buffer {name} is not as network(options) makes it: {mend}")
