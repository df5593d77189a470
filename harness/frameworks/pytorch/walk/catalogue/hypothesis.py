"""What an entry of the catalogue is, and one of its hypotheses on a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from harness.frameworks.pytorch.walk.call import Call


class Hypothesis(NamedTuple):
    """What the other framework may do in the place of a call."""

    entry: str
    told: str  # what each side does then, in a sentence
    call: Call  # as it would be


class Entry(NamedTuple):
    name: str  # a word or two, joined by underscores
    title: str
    symptom: str  # what a user sees
    pytorch: str  # the mend there
    tensorflow: str
    hypotheses: Callable[[Sequence[Call]], Iterator[tuple[str, Call]]]  # of the calls of a region: what is told, and a call as it would be
