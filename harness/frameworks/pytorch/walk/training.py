"""The walk through a few optimiser steps: forward pass, loss, gradients, running statistics, weights after the first step and the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.training import TrainStep, optimizer
from harness.frameworks.pytorch.walk import gradients, statistics, steps
from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.forward import walked
from harness.frameworks.pytorch.walk.inference import layers_of, names_of
from harness.frameworks.pytorch.walk.mode import Walk
from harness.frameworks.pytorch.walk.nearest import Nearest, sketch_of
from harness.frameworks.pytorch.walk.rewritten import Rewritten
from harness.frameworks.pytorch.walk.search import Searches
from harness.frameworks.tape import Trained, Walked
from harness.record.case import Precision
from harness.record.parting import Part, Parting, Point

LOSS = "loss"
# How many times as far apart as the forward pass what follows from it may be: rounding grows on its way back, and in twenty steps.
OF_GRADIENTS, LEAST_OF_GRADIENTS = 1e4, 1e-8
OF_A_STEP, OF_STEPS, LEAST_OF_STEPS = 1e6, 1e7, 1e-3
NEXT_RATE = 1e-5  # relative: Keras computes an optimiser's rate and bias corrections in float32
OF_ROUNDING = 20.0
WEAK = 0.05  # of what the steps add: where rounding alone moves as much, much else would not show

Tensors = dict[str, Any]  # by canonical names, in the order of the computation


def training(setup: Setup, trained: Trained) -> dict[Part, Walked]:
    """Of the case's train step, dropout off. What a part has parted in is mended for those that follow from it."""
    device.open_device(setup)
    work = TrainStep(replace(setup, drops_out=False))
    try:
        work.load(batches.native(setup.canonical_batch(), setup))
        walk, forward = _forward(setup, work, trained)
        found = {Part.TRAINING: forward}
        if not forward.wanted and not forward.notes:
            order = [tensor.name for layer in layers_of(setup) for tensor in layer.tensors.values()]
            found |= dict(_Steps(setup, work, walk, trained, order).walked())
        return found
    finally:
        work.close()


def _forward(setup: Setup, work: TrainStep, trained: Trained) -> tuple[Walk, Walked]:
    built, tape = work.network, trained.tape
    measured = _Measured(built)

    def begin(kept: int, searches: Searches) -> Walk:
        exact = Nearest(tape, setup.case.precision is Precision.FP64)
        walk = Walk(Part.TRAINING, built, tape, layers_of(setup), names_of(built), exact, kept, searches)
        walk.follow((work.inputs, work.targets))
        return walk

    def compute() -> Mapping[str, Any]:
        try:
            outputs = network.call(built, work.inputs)
            return network.named(outputs) | {LOSS: work.loss_function.mean(outputs, work.targets)}
        finally:
            measured.put_back()

    return walked(tape, begin, compute)


class _Measured:
    """What norms have measured, to be as it was again."""

    def __init__(self, built: Any) -> None:
        self._built = built
        self._held = {name: buffer.clone() for name, buffer in built.named_buffers()}

    def put_back(self) -> None:
        with torch.no_grad():
            for name, buffer in self._built.named_buffers():
                buffer.copy_(self._held[name])


class _Steps:
    """What follows from the forward pass, which is made as the walk has mended it."""

    def __init__(self, setup: Setup, work: TrainStep, walk: Walk, trained: Trained, order: list[str]) -> None:
        self._setup = setup
        self._work = work
        self._walk = walk
        self._trained = trained
        self._order = order
        self._apart = max((point.apart for point in walk.points), default=0.0)
        self._changed = dict(walk.changed)

    def walked(self) -> Iterator[tuple[Part, Walked]]:
        before = self._weights()
        gradient = self._gradients(self._changed)
        compared = self._of_gradients(gradient)
        yield Part.GRADIENTS, compared
        self._mend(self._changed)
        self._work.step()
        after = self._weights()
        yield Part.STATISTICS, self._of_statistics(before, after)
        if compared.partings:  # what steps add follows from the gradients
            return
        step = self._of_the_step(before, after, gradient)
        yield Part.STEP, step
        if not step.partings:
            for _ in self._trained.losses[1:]:
                self._work.step()
            yield Part.STEPS, self._of_all_steps(before, self._weights())

    def _of_gradients(self, found: Tensors) -> Walked:
        allowed = max(LEAST_OF_GRADIENTS, OF_GRADIENTS * self._apart)
        theirs = self._trained.gradients
        points = gradients.points(found, theirs)
        parted = gradients.partings(
            found, theirs, allowed, lambda more: self._gradients(self._changed | dict(more)), self._walk.asked_again
        )
        alone = gradients.trained_alone(found, theirs)
        return Walked((*alone, *parted), tuple(points), len(points))

    def _of_statistics(self, before: Tensors, after: Tensors) -> Walked:
        measured = {name: values.to_numpy() for name, values in self._trained.statistics.items()}
        old, new = ({name: each[name].cpu().numpy() for name in measured if name in each} for each in (before, after))
        return Walked(tuple(statistics.partings(self._walk.norms, old, new, measured)), (), len(self._walk.norms))

    def _of_the_step(self, before: Tensors, after: Tensors, gradient: Tensors) -> Walked:
        found = self._compared(Part.STEP, before, after, max(steps.SAME, OF_A_STEP * self._apart))
        if not found.partings:
            return found
        ours = {name: sketch_of(after[name] - before[name]) for name in self._trained.first if name in gradient}
        reasons, ruled_out = steps.reasons(self._work.optimizer, before, gradient, ours, self._trained.first)
        (first,) = found.partings
        told = type(self._work.optimizer).__name__
        return replace(found, partings=(replace(first, reasons=reasons, ruled_out=ruled_out, operation=told),))

    def _of_all_steps(self, before: Tensors, after: Tensors) -> Walked:
        """Where they part, by more than what a difference in the last digit of float32 makes of PyTorch's own steps."""
        allowed = max(LEAST_OF_STEPS, OF_STEPS * self._apart)
        found = self._compared(Part.STEPS, before, after, allowed)
        if not found.partings:
            return found
        theirs = self._trained.last
        added = {name: sketch_of(after[name] - before[name]) for name in before if name in theirs}
        otherwise = self._steps_at_another_rate(before)
        floor = steps.FLOOR * max(each.size for each in theirs.values())
        rounding = max(steps.apart(added[name], sketch_of(otherwise[name] - before[name]), floor) for name in added)
        found = self._compared(Part.STEPS, before, after, max(allowed, OF_ROUNDING * rounding))
        if rounding < WEAK:
            return found
        count = len(self._trained.losses)
        told = f"rounding alone moves the weights of {count} steps by {rounding:.2g} of what these add: they prove little"
        return replace(found, weak=told)

    def _steps_at_another_rate(self, before: Tensors) -> Tensors:
        """The weights after all steps, by a learning rate that is as far off as Keras' is, which is float32."""
        with torch.no_grad():
            for name, tensor in network.tensors(self._work.network).items():
                tensor.copy_(before[name])
        self._work.optimizer = optimizer(self._setup, [each for each in self._work.network.parameters() if each.requires_grad])
        for group in self._work.optimizer.param_groups:
            group["lr"] *= 1 + NEXT_RATE
        for _ in self._trained.losses:
            self._work.step()
        return self._weights()

    def _compared(self, part: Part, before: Tensors, after: Tensors, allowed: float) -> Walked:
        """What was added to each tensor: one parting, at the first tensor, tells the largest difference."""
        theirs = self._trained.first if part is Part.STEP else self._trained.last
        floor = steps.FLOOR * max((each.size for each in theirs.values()), default=0.0)
        added = {name: sketch_of(after[name] - before[name]) for name in before if name in theirs}
        points = [Point(name, str(part), steps.apart(ours, theirs[name], floor)) for name, ours in added.items()]
        parted = [point for point in points if point.apart > allowed]
        worst = max((point.apart for point in parted), default=0.0)
        told = f"weights after {1 if part is Part.STEP else len(self._trained.losses)} steps"
        return Walked(tuple(Parting(part, each.layer, told, "", "", 0.0, worst, ()) for each in parted[:1]), tuple(points), len(points))

    def _weights(self) -> Tensors:
        with torch.no_grad():
            return self._ordered({name: tensor.detach().clone() for name, tensor in network.tensors(self._work.network).items()})

    def _gradients(self, changed: Mapping[int, Call]) -> Tensors:
        """Of the first step; nothing is left of it."""
        measured = _Measured(self._work.network)
        trained = {name: tensor for name, tensor in network.tensors(self._work.network).items() if tensor.requires_grad}
        loss = self._loss(changed)
        found = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        measured.put_back()
        both = zip(trained.items(), found, strict=True)
        return self._ordered({name: torch.zeros_like(tensor) if each is None else each for (name, tensor), each in both})

    def _mend(self, changed: Mapping[int, Call]) -> None:
        """The steps from now on are made with the changes."""
        if changed:
            self._work.forward = lambda *_: self._loss(changed)

    def _loss(self, changed: Mapping[int, Call]) -> Any:
        work = self._work
        if not changed:
            return work.loss_of_batch(work.inputs, work.targets)
        mode = Rewritten(work.network, names_of(work.network), changed)
        mode.follow((work.inputs, work.targets))
        with mode.passing():
            return work.loss_of_batch(work.inputs, work.targets)

    def _ordered(self, tensors: Tensors) -> Tensors:
        places = {name: place for place, name in enumerate(self._order)}
        return dict(sorted(tensors.items(), key=lambda each: places.get(each[0], len(places))))
