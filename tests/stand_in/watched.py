"""A stand-in that tells what it begins, and whose rounds and pauses are short: it is for what becomes of figures, not for figures."""

from __future__ import annotations

import math
import resource

import msgspec

from harness.frameworks.contract import Setup
from harness.worker.meters import cpu
from harness.worker.timing import rounds
from tests.endurance.telling import tell
from tests.stand_in.framework import StandIn, Steps

rounds.ROUND_SECONDS = rounds.WINDOW_SECONDS = 0.005
cpu.IDLE_WINDOW_SECONDS, cpu.IDLE_SHARE = 0.001, math.inf
_, _most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (_most, _most))  # a disk that is full is the session's trouble


class Watched(StandIn):
    def open_device(self, setup: Setup) -> str:
        tell("began", case=msgspec.to_builtins(setup.case))
        return super().open_device(setup)


__getattr__ = Watched(Steps).__getattribute__
