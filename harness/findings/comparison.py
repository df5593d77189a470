"""A comparison: what stands side by side, the same case of several frameworks."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from harness.frameworks import rank
from harness.phases import PHASES, implied
from harness.phases.declaration import Phase
from harness.record.case import Case, parts
from harness.record.measurement import Measurement


class Comparison(msgspec.Struct, frozen=True):
    """The sides in the order of the frameworks' listing: the first is the reference, which each of the others is compared with."""

    title: str
    sides: tuple[Measurement, ...]  # at least one

    @property
    def reference(self) -> Measurement:
        return self.sides[0]

    @property
    def others(self) -> tuple[Measurement, ...]:
        return self.sides[1:]

    def side(self, framework: str) -> Measurement | None:
        return next((each for each in self.sides if each.case.framework == framework), None)


def comparisons(measurements: Iterable[Measurement]) -> list[Comparison]:
    """In the order in which their first sides come. A framework that has a case twice, as a ladder shares its ends, is there once."""
    found: dict[str, dict[str, Measurement]] = {}
    for each in measurements:
        found.setdefault(title_of(each.case), {})[each.case.framework] = each
    return [Comparison(title, in_order(sides.values())) for title, sides in found.items()]


def in_order(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    return tuple(sorted(measurements, key=lambda each: (rank(each.case.framework), each.case.framework)))


def phase_of(case: Case) -> Phase | None:
    """None where the run has a phase that this suite has not, or no longer."""
    return PHASES.get(case.phase)


def title_of(case: Case, leaving_out: frozenset[str] = frozenset()) -> str:
    """What the sides of a comparison have in common, by which it is known. leaving_out: axes that it does not name."""
    return " ".join([case.phase.replace("_", " "), heading_of(case, leaving_out)])


def heading_of(case: Case, leaving_out: frozenset[str] = frozenset()) -> str:
    """The title below that of its phase. leaving_out: axes that it does not name."""
    return " ".join(parts(case, implied(case) | leaving_out | {"phase", "framework"}).values())


def phase_title(phase: str) -> str:
    """Of a phase by its name, as people write it."""
    return PHASES[phase].title if phase in PHASES else phase.replace("_", " ").capitalize()
