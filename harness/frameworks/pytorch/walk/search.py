"""The search for a reason: every hypothesis of the catalogue on every call of a region, alone and then two and three together."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

import torch

from harness.frameworks.pytorch.walk import catalogue
from harness.frameworks.pytorch.walk.call import Call, Later, Value
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Hypothesis
from harness.frameworks.pytorch.walk.nearest import COARSE, Nearest, sketch_of
from harness.frameworks.pytorch.walk.region import Computed, replayed, there
from harness.frameworks.tape import NOWHERE
from harness.record.parting import Reason

MOST_TOGETHER = 3
SECONDS = 6.0  # of this thread's, for several that hold together: on a busy machine no fewer are tried


class Found(NamedTuple):
    reasons: tuple[Reason, ...]
    ruled_out: tuple[str, ...]
    place: Call
    changed: dict[int, Call]
    computed: Computed
    entered: float = 0.0  # how far apart what goes into what is computed is


class Tried(NamedTuple):
    hypotheses: tuple[Hypothesis, ...]
    changed: dict[int, Call]
    entered: float  # how far apart what goes in is: what is changed and found there as the other framework has it is counted, too


class Searches:
    """Those of all passes of a walk. One that has found nothing is not made again."""

    def __init__(self) -> None:
        self._in_vain: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def reasons(self, region: Sequence[Call], target: Value, nearest: Nearest, together: int) -> Found:
        """together: the most hypotheses at once."""
        edges, inside = ([call.place for call in calls] for calls in (edges_of(region), region))
        key = (target.key, nearest.required, *edges, NOWHERE, *inside)
        if key in self._in_vain:
            return Found((), self._in_vain[key], region[-1], {}, {})
        found = reasons(region, target, nearest, together)
        if not found.reasons:
            self._in_vain[key] = found.ruled_out
        return found


def reasons(region: Sequence[Call], target: Value, nearest: Nearest, together: int = MOST_TOGETHER) -> Found:
    """Those that make the target agree: the fewest, and of as many the first in the catalogue."""
    edges = (
        edges_of(region) if target.tensor.ndim else []
    )  # a loss is of the network's outputs, which are the other's: nothing is behind them
    entered = max((value.apart for call in region for value in call.given if value.agrees), default=0.0)
    known = {value.found for call in region for value in call.given if value.agrees} - {nearest.required}
    tried: set[str] = set()
    before, ends = [Tried((), {}, entered)], math.inf
    for _ in range(together):
        leading: list[Tried] = []
        after: list[Tried] = []
        for start in before:
            for each in _further(start, region, edges):
                tried.add(each.hypotheses[-1].entry)
                computed = _computed([*edges, *region], each, target)
                if computed is not None:
                    leads = _leads(each, computed, nearest, known)
                    led = each._replace(entered=max(each.entered, leads or 0.0))
                    reached = _reached(computed, region, target, nearest, led.entered, known)
                    if reached is not None:
                        return _found(led._replace(entered=reached), [*edges, *region], computed)
                    (after if leads is None else leading).append(led)
                if time.thread_time() > ends:
                    return Found((), tuple(sorted(tried)), region[-1], {}, {})
        before = leading + after
        ends = min(ends, time.thread_time() + SECONDS)
    return Found((), tuple(sorted(tried)), region[-1], {}, {})


def edges_of(region: Sequence[Call]) -> list[Call]:
    """The calls that give what goes into the region: the other framework may have something more behind one of them."""
    inside = {call.place for call in region}
    makers = {value.call.place: value.call for call in region for value in call.given if value.call is not None}
    return [makers[place] for place in sorted(makers) if place not in inside]


def _reached(computed: Computed, region: Sequence[Call], target: Value, nearest: Nearest, entered: float, known: Set[int]) -> float | None:
    """How far apart what leads to the target is; None where that does not agree.

    What is coarse on the way to it is looked at only where it nearly does.
    """
    sketch = sketch_of(computed[id(target)])
    if nearest.agrees(sketch, entered)[0]:
        return entered if nearest.of(sketch)[1] not in known else None
    if nearest.of(sketch)[0] > nearest.allowed(COARSE, True):
        return None
    for value in (value for call in region for value in call.outputs if id(value) in computed and value is not target):
        if computed[id(value)].is_floating_point():
            entered = max(entered, _apart(computed[id(value)], nearest, entered, known) or 0.0)
    return None if _apart(computed[id(target)], nearest, entered, known) is None else entered


def _apart(tensor: Any, nearest: Nearest, entered: float, known: Set[int]) -> float | None:
    """How far from what the other framework has computed; None where that is nowhere.

    To be what has gone in, which is known to be there, is no evidence.
    """
    agrees, apart, found = nearest.agrees(sketch_of(tensor), entered)
    return apart if agrees and found not in known else None


def _leads(tried: Tried, computed: Computed, nearest: Nearest, known: Set[int]) -> float | None:
    """How far apart what the last hypothesis changes is, where the other framework has it: others are tried together with it first."""
    call = tried.hypotheses[-1].call
    with torch.no_grad():
        made = [there(leaf, computed) for leaf in call.flat[0] if isinstance(leaf, Later)]
        made += [computed[id(value)] for value in call.outputs if id(value) in computed]
    found = (_apart(each, nearest, tried.entered, known) for each in made if isinstance(each, torch.Tensor) and each.is_floating_point())
    return next((each for each in found if each is not None), None)


def place(region: Sequence[Call], nearest: Nearest) -> Call:
    """Where the region begins to part: the first call whose inputs agree and whose output is nowhere, in no order of its values."""
    for call in region:
        inputs_agree = all(value.agrees or not value.tensor.is_floating_point() or value.call is None for value in call.given)
        numbers = [value for value in call.outputs if value.sketch is not None]
        if inputs_agree and numbers and not any(nearest.is_there_in_another_order(value.sketch) for value in numbers if value.sketch):
            return call
    return region[-1]


def _further(start: Tried, region: Sequence[Call], edges: Sequence[Call]) -> Iterator[Tried]:
    """One more hypothesis, on a call that is not before those that are tried already."""
    last = max(start.changed, default=-1)
    present = [start.changed.get(call.place, call) for call in region]
    for hypothesis in catalogue.hypotheses(present, edges):
        place = hypothesis.call.place
        same = bool(start.hypotheses) and place == last
        if place > last or (same and hypothesis.entry > start.hypotheses[-1].entry):
            yield Tried((*start.hypotheses, hypothesis), {**start.changed, place: hypothesis.call}, start.entered)


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
    return Found(told, (), first, tried.changed, computed, tried.entered)
