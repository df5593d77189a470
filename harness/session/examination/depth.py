"""Where the points of each line are drawn: all lines of an examination share one axis, from the inputs to the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.findings.account import finest_first
from harness.findings.partings import Group
from harness.record.parting import Examination, Line, Part, Point


class Place(NamedTuple):
    """A point of a line."""

    depth: float  # 0 for the inputs, 1 for the outputs
    point: Point
    fault: int = 0  # the number of the group of partings that it is one of; 0: none


class Placed(NamedTuple):
    """A line with the depth of each of its points, from the inputs to the outputs."""

    line: Line
    places: tuple[Place, ...]


def placed(examination: Examination, groups: Sequence[Group]) -> dict[Part, list[Placed]]:
    """By part, in the order of the computation; of a part the finest precision first. Lines without points are left out.

    The partings are those of the finest precision of their part.
    """
    found: dict[Part, list[Placed]] = {}
    axis: list[str] = []
    for part in Part:
        for place, line in enumerate(finest_first([line for line in examination.lines if line.part is part])):
            points = _with_faults(line, groups) if place == 0 else [(point, 0) for point in line.points]
            if not points:
                continue
            axis = axis or [point.layer for point, _ in points]
            depths = _depths([point.layer for point, _ in points], axis)
            places = [Place(depth, point, fault) for depth, (point, fault) in zip(depths, points, strict=True)]
            found.setdefault(part, []).append(Placed(line, tuple(sorted(places, key=lambda each: each.depth))))
    return found


def _with_faults(line: Line, groups: Sequence[Group]) -> list[tuple[Point, int]]:
    """A parting is one of the points, or has a place between them."""
    own = [(each, number) for number, group in enumerate(groups, 1) for each in group.partings if each.part is line.part]
    by_layer = {each.layer: number for each, number in own if each.depth < 0}
    found = [(point, by_layer.get(point.layer, 0)) for point in line.points]
    between = sorted((one for one in own if one[0].depth >= 0), key=lambda one: one[0].depth)
    for each, number in reversed(between):
        found.insert(each.depth, (Point(each.layer, each.operation.partition("(")[0], each.left), number))
    return found


def _depths(layers: Sequence[str], axis: Sequence[str]) -> list[float]:
    """By their layers' places on the axis; what has none there lies between its neighbours. Lines of other layers are spread evenly."""
    last = max(len(axis) - 1, 1)
    waiting: dict[str, list[int]] = {}
    for place, layer in enumerate(axis):
        waiting.setdefault(layer, []).append(place)
    at, known = [], []
    for index, layer in enumerate(layers):
        places = waiting.get(layer) or waiting.get(layer.rpartition(".")[0])  # a tensor is where its layer is
        if places:
            at.append(index)
            known.append(places.pop(0) / last if len(places) > 1 else places[0] / last)
    if 2 * len(at) < len(layers):
        return [index / max(len(layers) - 1, 1) for index in range(len(layers))]
    return [float(each) for each in np.interp(range(len(layers)), at, known)]
