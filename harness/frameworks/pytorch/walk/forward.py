"""A forward pass that is walked through, as often as it takes to find the reasons."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from harness.frameworks.pytorch.walk.joined import joined
from harness.frameworks.pytorch.walk.mode import EndOfWalk, Walk
from harness.frameworks.pytorch.walk.search import Searches
from harness.frameworks.tape import NOWHERE, Tape, Walked

# Calls whose inputs are kept: two layers, each with its norm and its activation. What cannot be explained from these is looked at again in
# a pass of its own that keeps more, as a residual connection goes around a block, and a mask is read long after the ids it is made of.
NEAR, FAR = 6, 32


def walked(tape: Tape, begin: Callable[[int, Searches], Walk], compute: Callable[[], Mapping[str, Any]]) -> tuple[Walk, Walked]:
    """begin: a pass that keeps so many calls and follows the inputs. compute: makes the pass, and gives the outputs by name."""
    searches = Searches()
    for kept in (FAR,) if tape.values else (NEAR, FAR):  # with values, a walk before this one has found what has no reason
        walk = begin(kept, searches)
        notes, wanted = _gone_through(walk, compute)
        if all(parting.reasons for parting in walk.partings):
            break
    return walk, Walked(joined(walk.partings, walk.points), tuple(walk.points), walk.layers, wanted, notes)


def _gone_through(walk: Walk, compute: Callable[[], Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Why it ended before the pass did, and which record is needed whole to go on."""
    try:
        with torch.no_grad(), _set_aside():
            with walk.passing():
                outputs = compute()
            walk.conclude(outputs)
    except EndOfWalk as end:
        return ((str(end),), ()) if end.wanted == NOWHERE else ((), (end.wanted,))
    return (), ()


@contextmanager
def _set_aside() -> Iterator[None]:
    """What is there before the walk need not be looked through for garbage while it lasts. Where somebody has seen to that, it stays so."""
    if gc.get_freeze_count():
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
