"""What a framework computes from the common inputs, for the check of equal work. Runs the same code that is timed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fixtures.models.weights import Weights
from harness.frameworks.contract import Framework, Setup, TrainStep
from harness.worker.protocol import Array, LogitTrace, PixelTrace, TrainingTrace

TRACED_BATCHES = 4


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


def logits(framework: Framework, setup: Setup) -> LogitTrace:
    framework.open_device(setup)
    work = framework.inference(setup)
    try:
        return LogitTrace(Array.of(work.logits()))
    finally:
        work.close()


def training(framework: Framework, setup: Setup, steps: int) -> TrainingTrace:
    framework.open_device(setup)
    work = framework.train_step(setup)
    try:
        norm = work.gradient_norm()
        losses = [_loss_of_step(work)]
        means = _running_means(work.weights())
        losses += [_loss_of_step(work) for _ in range(steps - 1)]
        return TrainingTrace(tuple(losses), norm, Array.of(means))
    finally:
        work.close()


def _loss_of_step(work: TrainStep) -> float:
    work.step()
    work.fence()
    return work.read_back()


def _running_means(weights: Weights) -> npt.NDArray[np.float32]:
    """Of all batch norms; empty where the network has none."""
    means = [weights[name].ravel() for name in sorted(weights) if name.endswith("running_mean")]
    return np.concatenate(means) if means else np.empty(0, np.float32)
