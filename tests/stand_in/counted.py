"""A stand-in that writes down each network it builds for inference."""

from __future__ import annotations

import os
from pathlib import Path

from harness.frameworks.contract import Setup
from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Steps

BUILT = "STAND_IN_BUILT"  # environment variable: the file, with a line for each


class Counted(StandIn):
    def inference(self, setup: Setup) -> Steps:
        with Path(os.environ[BUILT]).open("a") as file:
            file.write(f"{setup.case.phase} {setup.case.precision} bs{setup.case.batch_size}\n")
        return super().inference(setup)


__getattr__ = Counted().__getattribute__
