"""The search for a reason: every hypothesis of the catalogue on every call of a region, alone and then two and three together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from harness.frameworks.pytorch.walk import catalogue
from harness.frameworks.pytorch.walk.call import Call, Value
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Hypothesis
from harness.frameworks.pytorch.walk.nearest import Nearest, sketch_of
from harness.frameworks.pytorch.walk.region import Computed, replayed
from harness.record.parting import Reason

MOST_TOGETHER = 3
SECONDS = 20.0  # of the search for several that hold together


class Found(NamedTuple):
    reasons: tuple[Reason, ...]
    ruled_out: tuple[str, ...]
    place: Call
    changed: dict[int, Call]
    computed: Computed


class Tried(NamedTuple):
    hypotheses: tuple[Hypothesis, ...]
    changed: dict[int, Call]


def reasons(region: Sequence[Call], target: Value, nearest: Nearest) -> Found:
    """Those that make the target agree: the fewest, and of as many the first in the catalogue."""
    entered = max((value.apart for call in region for value in call.given if value.agrees), default=0.0)
    ends = time.monotonic() + SECONDS
    tried: set[str] = set()
    before = [Tried((), {})]
    for together in range(1, MOST_TOGETHER + 1):
        after = []
        for start in before:
            for each in _further(start, region):
                tried.add(each.hypotheses[-1].entry)
                computed = _computed(region, each, target)
                if computed is not None:
                    agrees, _, _ = nearest.agrees(sketch_of(computed[id(target)]), entered)
                    if agrees:
                        return _found(each, region, computed)
                    after.append(each)
                if together > 1 and time.monotonic() > ends:
                    return Found((), tuple(sorted(tried)), region[-1], {}, {})
        before = after
    return Found((), tuple(sorted(tried)), region[-1], {}, {})


def place(region: Sequence[Call], nearest: Nearest) -> Call:
    """Where the region begins to part: the first call whose inputs agree and whose output is nowhere, in no order of its values."""
    for call in region:
        inputs_agree = all(value.agrees or not value.tensor.is_floating_point() or value.call is None for value in call.given)
        numbers = [value for value in call.outputs if value.sketch is not None]
        if inputs_agree and numbers and not any(nearest.is_there_in_another_order(value.sketch) for value in numbers if value.sketch):
            return call
    return region[-1]


def _further(start: Tried, region: Sequence[Call]) -> Iterator[Tried]:
    """One more hypothesis, on a call that is not before those that are tried already."""
    last = max(start.changed, default=-1)
    present = [start.changed.get(call.place, call) for call in region]
    for hypothesis in catalogue.hypotheses(present):
        place = hypothesis.call.place
        same = bool(start.hypotheses) and place == last
        if place > last or (same and hypothesis.entry > start.hypotheses[-1].entry):
            yield Tried((*start.hypotheses, hypothesis), {**start.changed, place: hypothesis.call})


def _computed(region: Sequence[Call], tried: Tried, target: Value) -> Computed | None:
    """None where it cannot be computed so."""
    try:
        with torch.no_grad():
            found = replayed(region, tried.changed, target)
    except (RuntimeError, IndexError, TypeError, ValueError):
        return None
    return found if id(target) in found and isinstance(found[id(target)], torch.Tensor) and found[id(target)].is_floating_point() else None


def _found(tried: Tried, region: Sequence[Call], computed: Any) -> Found:
    by_place = {call.place: call for call in region}
    first = by_place[min(tried.changed)]
    told = tuple(Reason(each.entry, each.told, by_place[each.call.place].told()) for each in tried.hypotheses)
    return Found(told, (), first, tried.changed, computed)
