"""The case's network: built by the model's own code, its weights from and to their canonical names, frozen as its workload wants it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fixtures.models import code
from fixtures.models import weights as canonical
from fixtures.models.description import FILE, ModelError
from fixtures.models.weights import Weights
from harness.frameworks.contract import Outputs, Setup
from harness.frameworks.pytorch import batches, device, dropout
from harness.record.case import Execution, Precision, Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

FRAMEWORK = "pytorch"
STATISTIC = "running_mean"  # a module that has this buffer is a norm: its other buffers are what it has measured, too


def build(setup: Setup) -> Any:
    """On the device, its batch norms and dropout as its workload wants them. Frozen means `requires_grad = False`.

    Raises ModelError for a network that does not fit its model.toml, WeightsError for weights that do not fit it.
    """
    torch.manual_seed(setup.experiment.seed)
    built = bare(setup)
    if is_canonical(setup):
        load(built, canonical.load(setup.weights_file))
    return placed(setup, arranged(setup, built))


def bare(setup: Setup) -> Any:
    """As the model's code builds it: the network that all frameworks have, with weights at random, or by habit the library's own."""
    if is_canonical(setup):
        return canonical_network(setup)
    return _checked(setup, code.builder(setup.model, FRAMEWORK).library(setup.options), "library")


def canonical_network(setup: Setup) -> Any:
    return _checked(setup, code.builder(setup.model, FRAMEWORK).network(setup.options), "network")


def is_canonical(setup: Setup) -> bool:
    """Whether it is the network that all frameworks have: where a model has no library's, the style `stock` has it too."""
    return Source.ARCHITECTURE in setup.neutral or not has_library(setup)


def has_library(setup: Setup) -> bool:
    """Whether the style `stock` has a network of its own."""
    return hasattr(code.builder(setup.model, FRAMEWORK), "library")


def arranged(setup: Setup, built: Any) -> Any:
    """The network frozen, its dropout and its modes as the case has them."""
    if Source.ARCHITECTURE in setup.neutral:
        keep_padding(built)
    if not setup.drops_out:
        dropout.switch_off(built)
    if setup.case.workload is Workload.FROZEN:
        freeze(setup, built)
    return built.eval() if setup.case.workload is Workload.INFERENCE else training(setup, built)


def placed(setup: Setup, built: Any) -> Any:
    """The network on the device, its weights in the case's layout and precision."""
    built = built.to(device.name())
    if setup.case.precision is Precision.FP64:
        built = built.double()
    for tensor in [*built.parameters(), *built.buffers()]:
        if tensor.ndim in batches.CHANNELS_LAST:  # not by `Module.to`, which cannot for a network with kernels of four axes and of five
            tensor.data = tensor.data.contiguous(memory_format=batches.layout(setup, tensor.ndim))
    return built


def keep_padding(built: Any) -> None:
    """Has masked places of a sequence computed like the others. By itself torch leaves them out in inference, and gives zeros there:
    that is less work than in training, when compiled, and in another framework.
    """
    for module in built.modules():
        if isinstance(module, torch.nn.TransformerEncoder):
            module.use_nested_tensor = False


def freeze(setup: Setup, built: Any) -> None:
    """All but what the model trains then, and of that what its own code has left trainable. Raises ModelError where nothing is left."""
    trained = setup.model.description.trained
    for name, parameter in built.named_parameters():
        parameter.requires_grad_(parameter.requires_grad and name.startswith(trained))
    if not any(parameter.requires_grad for parameter in built.parameters()):
        named = ", ".join(sorted({f"{name.partition('.')[0]}." for name, _ in built.named_parameters()}))
        where = setup.model.root / FILE
        raise ModelError(f"{where}: trained = {list(trained)}: no tensor that trains is called so; its tensors begin with {named}")


def training(setup: Setup, built: Any) -> Any:
    """The network in training mode. By habit a frozen batch norm trains too: it goes on taking each batch's statistics."""
    built.train()
    if setup.case.workload is Workload.FROZEN and Source.FROZEN_NORM in setup.neutral:
        built.eval()
        for name, module in built.named_modules():
            if f"{name}.".startswith(setup.model.description.trained):
                module.train()
    return built


def expect_norm_to_fuse(setup: Setup, built: Any) -> None:
    """Raises Unsupported where the case is about a batch norm, and the network has none."""
    has_norm = any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in built.modules())
    if setup.case.execution is Execution.FUSED_NORM and not has_norm:
        raise Unsupported("the network has no batch norm that could be fused")


def call(built: Any, inputs: Any) -> Any:
    """What `forward` gives for one input as it is, or for several by their names."""
    return built(**inputs) if isinstance(inputs, dict) else built(inputs)


def named(outputs: Any) -> dict[str, Any]:
    """The tensors that a network gives, by name. Raises ModelError for anything else."""
    if isinstance(outputs, torch.Tensor):
        return {"outputs": outputs}
    if isinstance(outputs, tuple | list):
        found = {str(place): each for place, each in enumerate(outputs)}
    elif isinstance(outputs, dict):
        found = {str(name): each for name, each in outputs.items()}
    else:
        raise ModelError(f"{FRAMEWORK}.py: forward gives a {type(outputs).__name__}: let it return a tensor, a tuple or a dict of tensors")
    for name, each in found.items():
        if not isinstance(each, torch.Tensor):
            raise ModelError(f"{FRAMEWORK}.py: the output {name} of forward is a {type(each).__name__}: let it return tensors alone")
    return found


def wide(outputs: Any) -> Any:
    """What a network gives, in the same structure, at least in float32: whatever the precision, a loss is taken of that."""
    if isinstance(outputs, dict):
        return {name: wide(each) for name, each in outputs.items()}
    if isinstance(outputs, tuple | list):
        return tuple(wide(each) for each in outputs)
    return outputs.float() if isinstance(outputs, torch.Tensor) and outputs.dtype in (torch.bfloat16, torch.float16) else outputs


def outputs_to_numpy(setup: Setup, outputs: Any, items: int | None = None) -> Outputs:
    """By name, channels on the last axis where model.toml says that they are. items: only the first ones of the batch."""
    return {name: to_numpy(canonical_axes(setup, name, each[:items] if each.ndim else each)) for name, each in named(outputs).items()}


def canonical_axes(setup: Setup, name: str, output: Any) -> Any:
    said = setup.model.description.outputs.get(name)
    return output.movedim(1, -1) if said is not None and said.channels_last and output.ndim > 2 else output


def load(built: Any, weights: Weights) -> None:
    """Ports canonical weights into the network. Raises WeightsError for a missing, unknown or misshapen tensor."""
    canonical.check(weights, shapes(built))
    with torch.no_grad():
        for name, tensor in tensors(built).items():
            tensor.copy_(torch.from_numpy(weights[name]))


def weights(built: Any) -> Weights:
    """The inverse of `load`."""
    return {name: to_numpy(tensor) for name, tensor in tensors(built).items()}


def trained(built: Any) -> frozenset[str]:
    return frozenset(name for name, tensor in tensors(built).items() if tensor.requires_grad)


def shapes(built: Any) -> canonical.Shapes:
    """Of the canonical weights that fit it."""
    return {name: tuple(tensor.shape) for name, tensor in tensors(built).items()}


def tensors(built: Any) -> dict[str, Any]:
    """The network's weights: all parameters, and what its norms have measured. One that is shared has its first name alone.

    Other buffers are constants of the model's code, as are its numbers: a position's encoding, a mask. Nor do counters
    (`num_batches_tracked`) matter to any arithmetic at a fixed momentum.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for prefix, module in built.named_modules():
        for name, tensor in own_tensors(module).items():
            if id(tensor) not in seen:
                found[f"{prefix}.{name}" if prefix else name] = tensor
                seen.add(id(tensor))
    return found


def own_tensors(module: Any) -> dict[str, Any]:
    """Those of a module's weights that are not its submodules'."""
    buffers = dict(module.named_buffers(recurse=False))
    measured = {name: tensor for name, tensor in buffers.items() if tensor.is_floating_point()} if STATISTIC in buffers else {}
    return dict(module.named_parameters(recurse=False)) | measured


def to_numpy(tensor: Any) -> npt.NDArray[np.float32]:
    """A copy in C order: the canonical layout, whatever the memory format."""
    return np.array(tensor.detach().float().cpu().numpy(), order="C")


def _checked(setup: Setup, built: Any, function: str) -> Any:
    """Raises ModelError for what is no network, is not built in float32, or cannot be called with the model's inputs."""
    file = setup.model.file(FRAMEWORK)
    if not isinstance(built, torch.nn.Module):
        raise ModelError(f"{file}: {function}(options) gives a {type(built).__name__}: return the torch.nn.Module itself")
    for name, parameter in built.named_parameters():
        if isinstance(parameter, torch.nn.parameter.UninitializedParameter):
            raise ModelError(f"{file}: {name} has no shape yet: give its layer the sizes, instead of a lazy one")
        if parameter.dtype is not torch.float32:
            raise ModelError(f"{file}: {name} is {parameter.dtype}: build the network in float32, the suite sets the precision")
    _expect_inputs(setup, built)
    return built


def _expect_inputs(setup: Setup, built: Any) -> None:
    names = list(setup.model.description.inputs)
    taken = inspect.signature(built.forward)
    try:
        if len(names) == 1:
            taken.bind(None)
        else:
            taken.bind(**dict.fromkeys(names))
    except TypeError as error:
        arguments = ", ".join(str(each) for each in taken.parameters.values())
        named_there = ", ".join(taken.parameters)
        said = f"{FILE} names the input{'s' * (len(names) > 1)} {', '.join(names)}"
        forward = f"forward(self{', ' * bool(arguments)}{arguments}) of {setup.model.file(FRAMEWORK)}"
        raise ModelError(f"{said}; {forward} takes {named_there or 'none'}: name them alike") from error
