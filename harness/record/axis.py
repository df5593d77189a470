"""An axis of the matrix: how it reads, and where it may vary."""

from __future__ import annotations

import msgspec

LAST = 99


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a field of `Case` beside its values, which its type has."""

    title: str  # as people read it
    id_place: int = LAST  # among the parts of an id
    prefix: str = ""  # before the value, in ids and titles
    listed: str = ""  # the field of a framework's `Listing` that holds the values: each framework has its own
    named: str = ""  # the field of a framework's `Listing` that has its own names for the values: an id has those
    only: dict[str, tuple[str, ...]] = {}  # it has a value only where another axis has one of these
    of_the_experiment: bool = False  # "experiment" among the values stands for what the experiment says
    of_the_options: bool = False  # "chosen" stands for every value that the option of its name gives
