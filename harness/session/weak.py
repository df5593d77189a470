"""Which checks prove little: something that is plainly wrong would be within their tolerance. The reason, and the mend with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.record.case import Case, Precision
from harness.record.figure import worded
from harness.worker import distances

NOT_PLAIN_ENOUGH = "check it in fp32"  # of the lower precisions
SCALE = "bring weights that are trained (--weights FILE)"


def of_outputs(outputs: distances.Array, tolerance: float, item: str, case: Case) -> str:
    """outputs: the reference's, an item a row. Empty where the outputs of another item would not do."""
    if outputs.ndim == 0 or len(outputs) < 2:
        return ""
    if distances.spread(np.roll(outputs, 1, axis=0), outputs) > tolerance:
        return ""
    return worded("{an_item}'s outputs differ from the next one's by less than the tolerance: ", item) + _mend(case)


def of_losses(losses: Sequence[float], tolerance: float, case: Case) -> str:
    """Empty where a network that learns nothing would be told."""
    if distances.curve([losses[0]] * len(losses), losses) > tolerance:
        return ""
    return f"the loss moves by less than the tolerance: {_mend(case, 'take a larger learning_rate in the experiment')}"


def of_gradients(tolerance: float, case: Case) -> str:
    """Empty where no gradient at all, which is a relative 1 away, would be told."""
    return "" if tolerance < 1.0 else f"rounding alone moves the gradient by its own size: {_mend(case)}"


def of_updates(tolerance: float, case: Case) -> str:
    """Empty where weights that stay as they are, which is a relative 1 away, would be told."""
    return "" if tolerance < 1.0 else f"rounding alone decides where the steps go: {_mend(case)}"


def _mend(case: Case, otherwise: str = SCALE) -> str:
    return NOT_PLAIN_ENOUGH if case.precision in (Precision.TF32, Precision.BF16) else otherwise
