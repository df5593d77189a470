"""Two findings that are one fault: an activation that one network has before a normalisation, and the other behind it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from harness.record.parting import Parting, Point, Reason

ADDED, MISSING, PLACE = "activation_added", "activation_missing", "activation_place"  # entries of the catalogue
EPSILON = "epsilon="  # a setting of norms alone
NORMS = {"batch_norm", "layer_norm", "group_norm", "rms_norm"}


def joined(partings: Sequence[Parting], points: Sequence[Point]) -> tuple[Parting, ...]:
    """points: of the same walk, by which a parting says where it stands."""
    found: list[Parting] = []
    for each in partings:
        before = found[-1] if found else None
        told = _told(before, each, points) if before is not None else ""
        if told:
            found[-1] = replace(found[-1], reasons=(Reason(PLACE, told),))
        else:
            found.append(each)
    return tuple(found)


def _told(first: Parting, second: Parting, points: Sequence[Point]) -> str:
    """ "" where they are no such pair."""
    entries = [[reason.entry for reason in each.reasons] for each in (first, second)]
    names = {_activation(reason) for each in (first, second) for reason in each.reasons}
    # The norm that parts first is the layer at which the first one is found; one behind it that agrees is a point.
    is_norm = EPSILON in first.other_operation or any(point.operation in NORMS for point in points[first.depth : second.depth])
    if len(names) > 1 or not is_norm:
        return ""
    if entries == [[ADDED], [MISSING]]:
        return f"TensorFlow has {names.pop()} before the normalisation, PyTorch behind it"
    return f"PyTorch has {names.pop()} before the normalisation, TensorFlow behind it" if entries == [[MISSING], [ADDED]] else ""


def _activation(reason: Reason) -> str:
    """By the words of the catalogue: `PyTorch has X, TensorFlow nothing`, `PyTorch has nothing before it, TensorFlow X`."""
    ours, _, theirs = reason.told.removeprefix("PyTorch has ").partition(", TensorFlow ")
    return ours if theirs == "nothing" else theirs
