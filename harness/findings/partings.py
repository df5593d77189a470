"""The partings of an examination, those that are the same fault in many layers as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from harness.record.parting import Part, Parting


class Group(msgspec.Struct, frozen=True):
    """Partings for the same reason, in the order in which they were found."""

    partings: tuple[Parting, ...]

    @property
    def first(self) -> Parting:
        return self.partings[0]

    @property
    def layers(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys(each.layer for each in self.partings))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Each once, in the order of the computation."""
        held = {each.part for each in self.partings}
        return tuple(part for part in Part if part in held)

    @property
    def entered(self) -> float:
        """The largest of them."""
        return max(each.entered for each in self.partings)

    @property
    def left(self) -> float:
        return max(each.left for each in self.partings)


def grouped(partings: Iterable[Parting]) -> list[Group]:
    """In the order of their first partings.

    The same reasons, told in the same words, are one fault wherever they hold. Those without a reason are one where the same operations
    part in the same part of the computation.
    """
    found: dict[Any, list[Parting]] = {}
    for each in partings:
        found.setdefault(_fault(each), []).append(each)
    return [Group(tuple(same)) for same in found.values()]


def _fault(parting: Parting) -> Any:
    if parting.is_explained:
        return parting.inherent, tuple((each.entry, each.told) for each in parting.reasons)
    return parting.inherent, parting.part, parting.operation, parting.other_operation, parting.ruled_out
