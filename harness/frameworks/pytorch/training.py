"""One optimiser step on a batch that stays on the device."""

from __future__ import annotations

import contextlib
import functools
import gc
import math
from typing import Any

import torch

from fixtures.models.description import ModelError, Optimizer
from fixtures.models.weights import Weights
from harness.frameworks import optimizers
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import batches, compiler, device, network
from harness.frameworks.pytorch.loss import loss_of
from harness.record.case import Execution
from harness.record.fairness import Source

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-7  # Keras' default; torch's is 1e-8


def train_step(setup: Setup) -> TrainStep:
    work = TrainStep(setup)
    work.load(batches.native(setup.canonical_batch(), setup))
    return work


class TrainStep:
    """The model's loss, Adam: the loop of PyTorch's tutorials, which by habit reads the loss in every step."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.network = network.build(setup)
        network.expect_norm_to_fuse(setup, self.network)
        self._trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimizer = optimizer(setup, self._trained)
        self.loss_function = loss_of(setup)
        self._reads_loss = Source.LOOP not in setup.neutral
        self._cache = contextlib.ExitStack()
        self.forward = self.loss_of_batch
        if setup.case.execution is Execution.COMPILED:
            self._cache.enter_context(device.cold_compiler())
            self.forward = compiler.compiled(self.loss_of_batch, functools.partial(setattr, self, "forward"))

    def load(self, batch: NativeBatch) -> None:
        self.inputs, self.targets = batches.on_device(batch, self._setup)

    def step(self) -> None:
        self.optimizer.zero_grad()
        loss = self.forward(self.inputs, self.targets)
        loss.backward()
        self.optimizer.step()
        self.loss = loss.item() if self._reads_loss else loss.detach()

    def fence(self) -> None:
        device.fence()

    def read_back(self) -> float:
        return float(self.loss)

    def gradient_norms(self) -> tuple[float, ...]:
        return norms_of(self._gradients())

    def weights(self) -> Weights:
        return network.weights(self.network)

    def trained(self) -> frozenset[str]:
        return network.trained(self.network)

    def close(self) -> None:
        self._cache.close()
        vars(self).clear()
        free()

    def loss_of_batch(self, inputs: Any, targets: Any) -> Any:
        with device.arithmetic(self._setup):
            outputs = network.call(self.network, inputs)
        return self.loss_function.mean(outputs, targets)

    def _gradients(self) -> list[Any]:
        return [each for each in self._gradients_on(self.inputs, self.targets) if each is not None]

    def _gradients_on(self, inputs: Any, targets: Any) -> tuple[Any, ...]:
        """Of all that it trains; None where the loss does not depend on it.

        Without the compiler: for a measure of the network, not of the step.
        """
        buffers = {name: buffer.clone() for name, buffer in self.network.named_buffers()}  # a training batch norm updates them
        by_name = inputs if isinstance(inputs, dict) else None
        with device.arithmetic(self._setup):
            outputs = torch.func.functional_call(self.network, buffers, () if by_name else (inputs,), by_name)
        loss = self.loss_function.mean(outputs, targets)
        return torch.autograd.grad(loss, self._trained, allow_unused=True)  # type: ignore[no-any-return]


def norms_of(gradients: list[Any]) -> tuple[float, ...]:
    return tuple(float(torch.linalg.vector_norm(each)) for each in gradients)


class KerasAdam(torch.optim.Adam):  # type: ignore[misc]
    """Adds epsilon before the bias correction of the second moment, as Keras does; torch adds it after."""

    _steps = 0

    def step(self, closure: Any = None) -> Any:
        self._steps += 1
        self.param_groups[0]["eps"] = ADAM_EPSILON / math.sqrt(1 - ADAM_BETAS[1] ** self._steps)
        return super().step(closure)


def optimizer(setup: Setup, trained: list[Any]) -> Any:
    """The model's own, or Adam. With a compiler the fused one, as XLA compiles the optimiser into the step; otherwise the choice is left to
    torch. Raises ModelError for one of the model's own that is none.
    """
    if setup.model.description.optimizer is Optimizer.OWN:
        return _of_the_user(setup, trained)
    fused = setup.case.execution is Execution.COMPILED or None
    kind = KerasAdam if Source.OPTIMIZER in setup.neutral else torch.optim.Adam
    return kind(trained, lr=setup.experiment.learning_rate, betas=ADAM_BETAS, fused=fused)


def _of_the_user(setup: Setup, trained: list[Any]) -> Any:
    made = optimizers.of_the_user(setup, network.FRAMEWORK)(trained)
    if not isinstance(made, torch.optim.Optimizer):
        file = setup.model.file(network.FRAMEWORK)
        raise ModelError(f"{file}: optimizer(parameters) gives a {type(made).__name__}: return a torch.optim.Optimizer of them")
    return made


def free() -> None:
    """Gives back what is no longer referred to."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
