"""How far apart two networks' answers are, each in a measure that does not depend on their size; and what the answers are called.

Infinite for what has another shape, and NaN where one holds one: neither is within any tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fixtures.models.description import Loss, Model

Array = npt.NDArray[np.floating]
OUTPUTS = "outputs"


def called(model: Model, outputs: Iterable[str]) -> dict[str, str]:
    """What each output is called in a check: "logits" is a classifier's only one."""
    names = list(outputs)
    if len(names) == 1:
        return {names[0]: "logits" if model.loss is Loss.CROSS_ENTROPY else OUTPUTS}
    return {name: f"{OUTPUTS} {name}" for name in names}


def outputs(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> dict[str, float]:
    """Of each of theirs by its name."""
    return {name: spread(ours[name], theirs[name]) if name in ours else math.inf for name in theirs}


def spread(ours: Array, theirs: Array) -> float:
    """The largest difference of two values, in standard deviations of all of theirs; of a constant, which has none, in its own size."""
    if ours.shape != theirs.shape:
        return math.inf
    if not theirs.size:
        return 0.0
    size = theirs.std() if np.ptp(theirs) > 0 else np.abs(theirs).max()
    return _over(float(np.abs(ours - theirs).max()), float(size))


def relative(ours: float, theirs: float) -> float:
    return _over(abs(ours - theirs), abs(theirs))


def norms(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How far the norm of all parts may be from theirs, by how far each part's is: the mean of the parts' relative differences, each
    with its share of the square. That of the whole is at most that, and by luck much less: parts that are too long and too short cancel.
    """
    if len(ours) != len(theirs):
        return math.inf
    return _over(math.fsum(abs(one - other) * other for one, other in zip(ours, theirs, strict=True)), math.hypot(*theirs) ** 2)


def curve(ours: Iterable[float], theirs: Iterable[float]) -> float:
    """The largest difference of two values in their order, over the largest of theirs: a batch that is learnt by heart ends near 0."""
    one, other = list(ours), list(theirs)
    if len(one) != len(other):
        return math.inf
    apart = np.abs(np.subtract(one, other)).max()
    return _over(float(apart), float(np.abs(other).max()))


def updates(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """Of what steps added to the tensors that both train: the L2 norm of the difference, over that of theirs."""
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        return 0.0
    if any(ours[name].shape != theirs[name].shape for name in both):
        return math.inf
    one, other = (np.concatenate([np.asarray(each[name], np.float64).ravel() for name in both]) for each in (ours, theirs))
    return _over(float(np.linalg.norm(one - other)), float(np.linalg.norm(other)))


def _over(difference: float, size: float) -> float:
    """A difference is infinite in the measure of nothing; none at all is none in any."""
    if math.isnan(difference) or math.isnan(size):
        return math.nan
    if difference == 0.0:
        return 0.0
    return difference / size if size > 0.0 else math.inf
