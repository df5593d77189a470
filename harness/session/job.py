"""What a whole job came to: its figures, whether it reached its target, and whether two jobs' curves coincide."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.record.check import Check
from harness.record.measurement import Epoch

# Relative, of the losses of an epoch, where all frameworks see the same images in the same order.
# 8e-4 was reached over twelve epochs, and two images of 204. A job of the whole network is not compared: Adam's first steps move each
# weight by the sign of its gradient, and rounding soon decides where they go.
CURVE_TOLERANCE = 1e-2
LOSSES = ("training_loss", "validation_loss")
ACCURACY_TOLERANCE = 0.02  # share of the validation images whose class hangs on the last digits


def seconds_to(target: float, epochs: Sequence[Epoch]) -> float | None:
    """Training and validation up to the end of the first epoch that reached the accuracy; None where none did."""
    elapsed = itertools.accumulate(epoch.training_seconds + epoch.validation_seconds for epoch in epochs)
    return next((seconds for epoch, seconds in zip(epochs, elapsed, strict=True) if epoch.validation_accuracy >= target), None)


def shortfall(target: float, epochs: Sequence[Epoch]) -> str:
    best = max(epoch.validation_accuracy for epoch in epochs)
    return f"the validation accuracy came to {best:.3g} in {len(epochs)} epochs, the experiment's target is {target:g}"


def curve_checks(ours: Sequence[Epoch], theirs: Sequence[Epoch]) -> tuple[Check, ...]:
    """Whether two jobs of as many epochs learned alike."""
    ours_by_field, theirs_by_field = _curves(ours), _curves(theirs)
    with np.errstate(all="ignore"):  # a loss that is not finite, or 0, is within no tolerance: `Check.holds`
        parted = {name: float(np.abs(ours_by_field[name] / theirs_by_field[name] - 1).max()) for name in LOSSES}
    accuracies = np.abs(ours_by_field["validation_accuracy"] - theirs_by_field["validation_accuracy"])
    return (
        *(Check(f"{name.replace('_', ' ')} curve", parted[name], CURVE_TOLERANCE, "relative") for name in LOSSES),
        Check("validation accuracy", float(accuracies.max()), ACCURACY_TOLERANCE, "of 1"),
    )


def _curves(epochs: Sequence[Epoch]) -> dict[str, npt.NDArray[np.float64]]:
    return {name: np.array([getattr(epoch, name) for epoch in epochs]) for name in (*LOSSES, "validation_accuracy")}


def told(epoch: Epoch) -> str:
    losses = f"loss {epoch.training_loss:.4g}, validation loss {epoch.validation_loss:.4g}"
    return f"{losses}, accuracy {epoch.validation_accuracy:.3f}, {epoch.training_seconds + epoch.validation_seconds:.1f} s"
