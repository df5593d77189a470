"""What a framework computes from the common inputs, for the check of equal work. Runs the same code that is timed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from fixtures.models.description import ModelError
from fixtures.models.weights import Weights
from harness.frameworks.contract import Framework, Inference, Setup, TrainStep
from harness.worker.trace import TRACED_BATCHES, Array, OutputTrace, PixelTrace, TrainingTrace
from harness.worker.work import train_step

SAMPLE = 1024  # at most so many values of each trained tensor: enough for its L2 norm, and no second copy of a large network


def pixels(framework: Framework, setup: Setup) -> PixelTrace:
    """The first batches of the pipeline, and the labels of all files by the framework's own data set."""
    framework.open_device(setup)
    pipeline = framework.pipeline(setup)
    try:
        batches = []
        for _ in range(TRACED_BATCHES):
            pipeline.step()
            batches.append(pipeline.to_numpy())
        images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        return PixelTrace(Array.of(images), tuple(labels.tolist()), framework.labels(setup))
    finally:
        pipeline.close()


def outputs(framework: Framework, setup: Setup) -> OutputTrace:
    """Raises ModelError for outputs that are not finite."""
    framework.open_device(setup)
    work = framework.inference(setup)
    try:
        return outputs_of(work, setup, setup.case.batch_size)
    finally:
        work.close()


def outputs_of(work: Inference, setup: Setup, items: int) -> OutputTrace:
    """Of the first items of its batch. Raises ModelError for outputs that are not finite."""
    found = work.outputs(items)
    for name, values in found.items():
        if not np.isfinite(values).all():
            raise _not_finite(setup, f"the network's {name} hold NaN or infinity")
    return OutputTrace({name: Array.of(values) for name, values in found.items()})


def is_alike(one: Setup, other: Setup) -> bool:
    """Whether both are of one computation in inference: dropout does nothing there, and no pipeline has a part in it."""
    return _bare(one) == _bare(other)


def _bare(setup: Setup) -> Setup:
    return replace(setup, case=replace(setup.case, phase=""), drops_out=False, fed=False, whole_job=False)


def training(framework: Framework, setup: Setup, steps: int) -> TrainingTrace:
    """Raises ModelError for a loss or a gradient that is not finite."""
    framework.open_device(setup)
    work = train_step(framework, setup)
    try:
        norms = work.gradient_norms()
        before = sampled(work.weights(), work.trained())
        losses = [_loss_of_step(work)]
        means = _running_means(work.weights())
        losses += [_loss_of_step(work) for _ in range(steps - 1)]
        after = sampled(work.weights(), work.trained())
    finally:
        work.close()
    step = next((number for number, loss in enumerate(losses, 1) if not math.isfinite(loss)), None)
    if step is not None:
        raise _not_finite(setup, f"the loss of step {step} is {losses[step - 1]}")
    updates = {name: Array.of(after[name] - before[name]) for name in sorted(after)}
    trace = TrainingTrace(tuple(losses), norms, Array.of(means), updates)
    if not math.isfinite(trace.gradient_norm):
        raise _not_finite(setup, f"the norm of the gradients is {trace.gradient_norm}")
    return trace


def sampled(weights: Weights, names: Iterable[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Of each tensor at most SAMPLE values at equal distances, in C order. Copies: a framework may give its own memory."""
    found = {}
    for name in names:
        flat = np.ascontiguousarray(weights[name]).reshape(-1)
        stride = math.ceil(flat.size / SAMPLE) | 1  # odd: one that divides the length of a row would see a single column
        found[name] = flat[::stride].astype(np.float64)
    return found


def _not_finite(setup: Setup, what: str) -> ModelError:
    precision = f" in {setup.case.precision}" if setup.case.precision else ""
    mend = "look for a division by zero, a mask that leaves nothing, a logarithm of zero, or values too large for the precision"
    return ModelError(f"{setup.model.root}: {what}{precision}, so nothing can be compared: {mend}")


def _loss_of_step(work: TrainStep) -> float:
    work.step()
    work.fence()
    return work.read_back()


def _running_means(weights: Weights) -> npt.NDArray[np.float32]:
    """Of all batch norms; empty where the network has none."""
    means = [weights[name].ravel() for name in sorted(weights) if name.endswith("running_mean")]
    return np.concatenate(means) if means else np.empty(0, np.float32)
