"""A stand-in that tells what its process finds around it. STAND_IN_PINNED in the environment pins it as OpenMP's runtime does."""

from __future__ import annotations

import os
from pathlib import Path

from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Steps

MAPS = Path("/proc/self/maps")


class Surrounded(StandIn):
    def environment(self) -> dict[str, str]:
        """All variables, and the libraries that are loaded."""
        return dict(os.environ) | {"maps": MAPS.read_text()}


if "STAND_IN_PINNED" in os.environ:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

__getattr__ = Surrounded(Steps).__getattribute__
