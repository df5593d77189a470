"""What norms have measured after a step: by which rule the other framework must have kept it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.record.parting import Part, Parting, Reason

MEAN, VARIANCE = "running_mean", "running_var"
SAME = 1e-7  # relative
MOMENTUM, COMPLEMENT, UNBIASED, FROZEN = "momentum", "momentum_complement", "unbiased_variance", "statistics_frozen"
ENTRIES = (MOMENTUM, COMPLEMENT, UNBIASED, FROZEN)

Array = npt.NDArray[np.float64]


class Norm(NamedTuple):
    """A batch norm, as it is called in training."""

    layer: str
    momentum: float  # PyTorch's: the share of the batch
    values: int  # of a channel, that the batch's statistics are of


class Kept(NamedTuple):
    """The rule after = old · before + new · batch, as found."""

    old: float
    new: float
    residual: float


def partings(
    norms: Mapping[str, Norm], before: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Array]
) -> Iterator[Parting]:
    """Arrays by canonical names."""
    for norm in norms.values():
        mean, variance = f"{norm.layer}.{MEAN}", f"{norm.layer}.{VARIANCE}"
        if mean not in theirs or variance not in theirs or not 0 <= norm.momentum <= 1:
            continue
        apart = [_apart(np.asarray(ours[name], np.float64), theirs[name]) for name in (mean, variance)]
        if max(apart) <= SAME:
            continue
        operation = f"batch_norm(momentum={norm.momentum:g}) of {norm.values} values"
        if all(np.array_equal(before[name], ours[name]) for name in (mean, variance)):
            told = "PyTorch's norm leaves its statistics as they are, TensorFlow's measures the batch"
            yield Parting(Part.STATISTICS, norm.layer, operation, "", "", 0.0, max(apart), (Reason(FROZEN, told),))
            continue
        rules = [
            _kept(np.asarray(before[name], np.float64), _batch(norm, before[name], ours[name]), theirs[name]) for name in (mean, variance)
        ]
        reasons, ruled_out = _reasons(norm, *rules)
        inherent = tuple(each for each in reasons if each.entry == UNBIASED)
        faults = tuple(each for each in reasons if each not in inherent)
        if faults or not inherent:
            yield Parting(Part.STATISTICS, norm.layer, operation, "", "", 0.0, max(apart), faults, ruled_out)
        if inherent:
            yield Parting(Part.STATISTICS, norm.layer, operation, "", "", 0.0, apart[1], inherent, inherent=True)


def _batch(norm: Norm, before: Any, after: Any) -> Array:
    """The batch's own statistic, from what PyTorch made of it."""
    return np.asarray((np.asarray(after, np.float64) - (1 - norm.momentum) * np.asarray(before, np.float64)) / norm.momentum)


def _kept(before: Array, batch: Array, after: Array) -> Kept:
    solved, *_ = np.linalg.lstsq(np.stack([before, batch], axis=1), after, rcond=None)
    left = after - solved[0] * before - solved[1] * batch
    return Kept(float(solved[0]), float(solved[1]), float(np.abs(left).max() / max(np.abs(after).max(), 1e-300)))


def _reasons(norm: Norm, mean: Kept, variance: Kept) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    if max(mean.residual, variance.residual) > SAME:
        return (), ENTRIES
    found = []
    own = 1 - norm.momentum
    if _near(mean.old, 1.0) and _near(mean.new, 0.0):
        return (Reason(FROZEN, "PyTorch's norm measures the batch, TensorFlow's leaves its statistics as they are"),), ()
    if not _near(mean.old, own):
        told = f"momentum is {norm.momentum:g} in PyTorch, which keeps {own:g} of the old; TensorFlow keeps {mean.old:.6g}"
        entry = COMPLEMENT if _near(mean.old, norm.momentum) else MOMENTUM
        found.append(Reason(entry, told))
    if not _near(mean.old + mean.new, 1.0) or not _near(variance.old, mean.old):
        return (), ENTRIES
    share = variance.new / max(1 - variance.old, 1e-300)
    biased = (norm.values - 1) / norm.values
    if _near(share, biased) and norm.values > 1:
        found.append(Reason(UNBIASED, "PyTorch's running variance is over n - 1 values, TensorFlow's over all n"))
    elif not _near(share, 1.0):
        return (), ENTRIES
    return tuple(found), ()


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6


def _apart(ours: Array, theirs: Array) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-300))
