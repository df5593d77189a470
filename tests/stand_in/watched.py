"""A stand-in that tells what it begins."""

from __future__ import annotations

import resource

import msgspec

from harness.frameworks.contract import Setup
from tests.endurance.telling import tell
from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Steps

_, _most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (_most, _most))  # a disk that is full is the session's trouble


class Watched(StandIn):
    def open_device(self, setup: Setup) -> str:
        tell("began", case=msgspec.to_builtins(setup.case))
        return super().open_device(setup)


__getattr__ = Watched(Steps).__getattribute__
