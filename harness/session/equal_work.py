"""Equal work or no comparison: before a matched case is timed, all its sides compute from the same inputs and are compared.

What is checked is the code that is timed, in the case's own execution mode and precision: the loader's pixels and labels for
every case; the logits for inference; loss curve, gradient norm and running statistics for a train step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.record.case import Case, Precision, Workload
from harness.record.check import Check
from harness.record.measurement import PIXEL_TOLERANCE
from harness.worker.protocol import LogitTrace, PixelTrace, Request, TraceLogits, TracePixels, TraceTraining, TrainingTrace

BATCH_SIZE = 4  # of the check: its twenty steps are time in which nothing is measured
NO_PHASE = "equal_work"
HEAD_STEPS = 20
FULL_STEPS = 3  # Adam's first steps move each weight by the sign of its gradient: rounding soon decides where they go


class Tolerances(msgspec.Struct, frozen=True):
    logits: float  # largest difference, in standard deviations of the logits
    frozen_loss: float  # largest relative difference along the loss curve
    full_loss: float
    gradient_norm: float  # relative
    running_means: float  # largest difference, in standard deviations of all running means


# Reached on a CPU by the default model (float32 / bfloat16): logits 2e-5 / 0.12, frozen loss 2e-5 / 2e-2, full loss 7e-4 / 2e-3,
# gradient norm 7e-5 / 7e-3, running means 2e-6 / 2e-3. Keras' epsilon of the batch norms differs by 0.1 in the logits, the stride of
# v1 by 1, another padding by 2. TensorFloat-32 has bfloat16's range and three bits more.
TOLERANCES = {
    Precision.FP32: Tolerances(logits=1e-3, frozen_loss=1e-3, full_loss=5e-3, gradient_norm=1e-3, running_means=1e-4),
    Precision.TF32: Tolerances(logits=5e-2, frozen_loss=2e-2, full_loss=2e-2, gradient_norm=2e-2, running_means=1e-2),
    Precision.BF16: Tolerances(logits=0.5, frozen_loss=5e-2, full_loss=2e-2, gradient_norm=3e-2, running_means=2e-2),
}

Trace = PixelTrace | LogitTrace | TrainingTrace


def requests(setup: Setup) -> list[Request]:
    """What a side has to compute for its case. Equal requests of two cases have one answer: they are of no phase."""
    case = replace(setup.case, phase=NO_PHASE, batch_size=BATCH_SIZE)
    loading = replace(case, workload=Workload.LOADING, execution=None, precision=None)
    traced = replace(setup, case=case, dropout=0.0, fed=False, whole_job=False)
    pixels = TracePixels(replace(traced, case=loading, fed=True))
    match case.workload:
        case Workload.LOADING:
            return [pixels]
        case Workload.INFERENCE:
            return [pixels, TraceLogits(traced)]
        case Workload.FROZEN:
            return [pixels, TraceTraining(traced, HEAD_STEPS)]
        case Workload.FULL:
            return [pixels, TraceTraining(traced, FULL_STEPS)]


def compare(case: Case, reference: Sequence[Trace], other: Sequence[Trace]) -> tuple[Check, ...]:
    """The checks of one side's traces against the reference's, in the same order."""
    tolerances = TOLERANCES[case.precision or Precision.FP32]
    checks: list[Check] = []
    for ours, theirs in zip(other, reference, strict=True):
        match ours, theirs:
            case PixelTrace(), PixelTrace():
                checks.extend(_pixel_checks(ours, theirs))
            case LogitTrace(), LogitTrace():
                checks.append(_spread_check("logits", ours.logits.to_numpy(), theirs.logits.to_numpy(), tolerances.logits))
            case TrainingTrace(), TrainingTrace():
                loss_tolerance = tolerances.full_loss if case.workload is Workload.FULL else tolerances.frozen_loss
                checks.extend(_training_checks(ours, theirs, tolerances, loss_tolerance))
            case _:
                raise TypeError(f"traces of different kinds: {type(ours).__name__} and {type(theirs).__name__}")
    return tuple(checks)


def _pixel_checks(ours: PixelTrace, theirs: PixelTrace) -> list[Check]:
    mislabelled = sum(1 for name in ours.labels.keys() | theirs.labels.keys() if ours.labels.get(name) != theirs.labels.get(name))
    disordered = sum(our != their for our, their in zip(ours.taken, theirs.taken, strict=True))
    return [
        Check("pixels", _largest_difference(ours.pixels.to_numpy(), theirs.pixels.to_numpy()), PIXEL_TOLERANCE, "normalised units"),
        Check("order", float(disordered), 0.0, "images"),
        Check("labels", float(mislabelled), 0.0, "images"),
    ]


def _training_checks(ours: TrainingTrace, theirs: TrainingTrace, tolerances: Tolerances, loss_tolerance: float) -> list[Check]:
    losses, their_losses = np.array(ours.losses), np.array(theirs.losses)
    checks = [
        Check("loss curve", _largest_difference(losses / their_losses, np.ones_like(their_losses)), loss_tolerance, "relative"),
        Check("gradient norm", abs(ours.gradient_norm / theirs.gradient_norm - 1.0), tolerances.gradient_norm, "relative"),
    ]
    means, their_means = ours.running_means.to_numpy(), theirs.running_means.to_numpy()
    if means.size or their_means.size:  # a network without batch norms has none
        checks.append(_spread_check("running means", means, their_means, tolerances.running_means))
    return checks


def _spread_check(name: str, ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> Check:
    difference = _largest_difference(ours, theirs)
    return Check(name, difference / float(theirs.std()) if theirs.size else difference, tolerance, "standard deviations")


def _largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Infinite for different shapes, NaN if either holds one: neither is within any tolerance."""
    if ours.shape != theirs.shape:
        return math.inf
    return float(np.abs(ours - theirs).max())
