"""Stand-ins that tell when each of their traces begins and ends, and wait in it for the other one's to begin."""

from __future__ import annotations

import os
import time
from pathlib import Path

from harness.frameworks.contract import Setup
from tests.stand_in.framework import StandIn, Steps

FOLDER = "STAND_IN_MEETING"  # environment variable
LONGEST_SECONDS = 20.0  # of two that begin together, on a busy machine


class Meeting(Steps):
    def __init__(self, setup: Setup, seconds: float, name: str) -> None:
        super().__init__(setup, seconds)
        self._name = name

    def gradient_norms(self) -> tuple[float, ...]:
        """Of the check alone: a step that is timed has none. Then the reference tells how it rounds."""
        folder = Path(os.environ[FOLDER])
        if not (folder / f"{self._name}.begun").exists():
            (folder / f"{self._name}.begun").write_text(str(time.time()))
            deadline = time.time() + LONGEST_SECONDS
            while len(list(folder.glob("*.begun"))) < 2 and time.time() < deadline:
                time.sleep(0.01)
            (folder / f"{self._name}.ended").write_text(str(time.time()))
        return super().gradient_norms()


class MeetingFramework(StandIn):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def train_step(self, setup: Setup) -> Steps:
        return Meeting(setup, self._seconds, self._name)
