"""What may be the reason that two networks part: the entries of the catalogue, the likelier ones first.

An entry knows how a call of torch's would compute under it, so that it can be tried; what makes the two networks agree is the reason.
A further one is an `Entry` in the file of its subject, in that file's ENTRIES.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue import (
    activations,
    attention,
    by_rules,
    convolutions,
    dropout,
    embedding,
    losses,
    masks,
    norms,
    order,
    pooling,
    recurrent,
    resampling,
)
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry, Hypothesis

ENTRIES: tuple[Entry, ...] = (
    *convolutions.ENTRIES,
    *norms.ENTRIES,
    *masks.ENTRIES,
    *attention.ENTRIES,
    *recurrent.ENTRIES,
    *embedding.ENTRIES,
    *resampling.ENTRIES,
    *losses.ENTRIES,
    *dropout.ENTRIES,
    *activations.ENTRIES,
    *pooling.ENTRIES,
    *order.ENTRIES,
    *by_rules.ENTRIES,
)


def hypotheses(region: Sequence[Call], edges: Sequence[Call] = ()) -> Iterator[Hypothesis]:
    """edges: the calls that give what goes into the region."""
    for entry in ENTRIES:
        if entry.name == activations.ADDED:
            yield from behind(edges)
        for told, call in entry.hypotheses(region):
            yield Hypothesis(entry.name, told, call)


def behind(calls: Sequence[Call]) -> Iterator[Hypothesis]:
    """What the other framework may have behind calls whose outputs agree."""
    for subject in (activations, norms, order):
        for name, told, call in subject.behind(calls):
            yield Hypothesis(name, told, call)


def entry(name: str) -> Entry:
    return next(each for each in ENTRIES if each.name == name)
