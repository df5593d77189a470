"""Where the ranks of a side run: on which machine each, and with which share of it."""

from __future__ import annotations

from typing import Protocol

import msgspec
from msgspec.structs import replace

from harness.worker.share import Share


class Place(msgspec.Struct, frozen=True):
    """Of a rank."""

    spec: str  # execnet's, of its worker
    machine: str  # called so here, by its spec or by its files: what is at one place of a machine is at all of them
    share: Share


class Places(Protocol):
    """What a framework's ranks can have."""

    def of(self, ranks: int, shares: int) -> tuple[Place, ...]:
        """By rank. shares: in which all machines together are divided, so that a rank has the same whatever their number."""


class Spread(msgspec.Struct, frozen=True):
    """Machines, each with as many ranks as any other, or one less. As launchers do it, the first ranks are on the first machine."""

    specs: tuple[str, ...]  # of one machine each, which is called so

    def of(self, ranks: int, shares: int) -> tuple[Place, ...]:
        of_a_machine = -(-shares // len(self.specs))
        found: list[Place] = []
        for number, spec in enumerate(self.specs):
            here = ranks // len(self.specs) + (number < ranks % len(self.specs))
            found += [Place(spec, spec, Share(place, of_a_machine, here, gpu=place)) for place in range(here)]
        return tuple(found)


class Given(msgspec.Struct, frozen=True):
    """Places that a launcher has given, each for one rank."""

    places: tuple[Place, ...]

    def of(self, ranks: int, shares: int) -> tuple[Place, ...]:  # noqa: ARG002 (they are what they are)
        taken = self.places[:ranks]
        here = [place.machine for place in taken]
        return tuple(replace(place, share=replace(place.share, ranks=here.count(place.machine))) for place in taken)
